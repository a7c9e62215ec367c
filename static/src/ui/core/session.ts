/** Who is at work, and the engine that serves them. One person at a time in a tab. */
import { type InjectionKey, inject, provide, type Ref, shallowRef } from 'vue';
import type { Engine, KnownPerson } from '../../engine';

/** How the screens come to an engine. */
export interface Entrance {
  /** Who has worked in this browser profile. */
  known(): Promise<KnownPerson[]>;
  /** The login of who is at work here; outlives the browser. */
  atWork(): Promise<string | null>;
  keepAtWork(login: string | null): Promise<void>;
  /** Goes on without a network with what is on this device; null when this person has to sign in first. */
  open(login: string): Promise<Engine | null>;
  signIn(login: string, password: string, deviceName: string): Promise<Engine>;
}

export interface Session {
  readonly engine: Readonly<Ref<Engine | null>>;
  readonly entrance: Entrance;
  /** Why what is on this device could not be opened, although somebody is at work here. */
  readonly failure: Readonly<Ref<unknown>>;
  /** Opens the last person who worked here; false when nobody has. */
  resume(): Promise<boolean>;
  signIn(login: string, password: string, deviceName: string): Promise<void>;
  leave(): Promise<void>;
}

const SESSION: InjectionKey<Session> = Symbol('session');

export function createSession(entrance: Entrance): Session {
  const engine = shallowRef<Engine | null>(null);
  const failure = shallowRef<unknown>(null);

  async function openLast(): Promise<void> {
    const last = engine.value === null ? await entrance.atWork() : null;
    if (engine.value === null && last !== null) engine.value = await entrance.open(last);
  }

  return {
    engine,
    entrance,
    failure,
    async resume() {
      failure.value = null;
      await openLast().catch((error: unknown) => {
        failure.value = error;
      });
      return engine.value !== null;
    },
    async signIn(login, password, deviceName) {
      const before = engine.value;
      if (before?.account.login === login) {
        await before.signIn(password);
        void before.sendNow().catch(() => undefined);
        return;
      }
      const next = await entrance.signIn(login, password, deviceName);
      // The one before stops first: two at work in a tab would contend for the writer's lock.
      await before?.stop();
      engine.value = next;
      await entrance.keepAtWork(login);
    },
    async leave() {
      await entrance.keepAtWork(null);
      const left = engine.value;
      engine.value = null;
      await left?.signOut();
      await left?.stop();
    },
  };
}

export const provideSession = (session: Session): void => provide(SESSION, session);
export const SESSION_KEY = SESSION;

export function useSession(): Session {
  const session = inject(SESSION);
  if (session === undefined) throw new Error('no session above this component');
  return session;
}

/** The engine of the person at work; screens behind the sign-in only. */
export function useEngine(): Engine {
  const engine = useSession().engine.value;
  if (engine === null) throw new Error('nobody is signed in');
  return engine;
}
