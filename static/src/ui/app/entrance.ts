import { EngineError, keepAtWork, knownPeople, openEngine, personAtWork, signInHere } from '../../engine';
import type { Entrance } from '../core/session';

/** The way in through this browser's own store and our server. */
export const browserEntrance: Entrance = {
  known: knownPeople,
  atWork: personAtWork,
  keepAtWork: async (login) => void (await keepAtWork(login)),
  async open(login) {
    const person = (await knownPeople()).find((it) => it.login === login);
    return person?.account ? openEngine({ account: person.account, device: person.device }) : null;
  },
  async signIn(login, password, deviceName) {
    if (login === '' || password === '') throw new EngineError('wrong_password');
    const engine = await openEngine(await signInHere(login, password, deviceName));
    void engine.sendNow().catch(() => undefined);
    return engine;
  },
};
