import {
  browserWorld,
  changePin,
  EngineError,
  keepAtWork,
  keepKeyCopy,
  knownPeople,
  lockOf,
  openEngine,
  personAtWork,
  personOf,
  recoverKey,
  setPin,
  signInHere,
  unlock,
} from '../../engine';
import type { Entrance } from '../core/session';

/** The way in through this browser's own store and our server. */
export const browserEntrance: Entrance = {
  known: knownPeople,
  atWork: personAtWork,
  keepAtWork: async (login) => void (await keepAtWork(login)),
  isLocked: async (account) => (await lockOf(account)) !== null,
  async open(login, key) {
    const person = await personOf(login);
    return person?.account ? openEngine({ account: person.account, device: person.device, key }) : null;
  },
  async signIn(login, proof, deviceName) {
    if (login === '' || proof === '') throw new EngineError('wrong_password');
    const world = browserWorld();
    const { account, device } = await signInHere(login, proof, deviceName, world);
    void world.signedIn?.(account.id, device.id);
    return { login, account, device, lastSignIn: Date.now() };
  },
  unlock,
  recover: (person, proof) => recoverKey(person, proof),
  setPin: (account, pin, key) => setPin(account, pin, key),
  changePin: (account, old, pin) => changePin(account, old, pin),
  signedIn(engine, key) {
    if (key !== null) void keepKeyCopy(key);
    void engine.sendNow().catch(() => undefined);
  },
};
