/** Who is at work, the engine that serves them, and the door before it. One person at a time in a tab. */
import { type InjectionKey, inject, type Ref, shallowRef } from 'vue';
import type { Engine, KnownPerson, Proof } from '../../engine';

/** How the screens come to an engine. */
export interface Entrance {
  /** Who has worked in this browser profile. */
  known(): Promise<KnownPerson[]>;
  /** The login of who is at work here; outlives the browser. */
  atWork(): Promise<string | null>;
  keepAtWork(login: string | null): Promise<void>;
  /** Whether this person has set a PIN on this device. */
  isLocked(account: string): Promise<boolean>;
  /** Goes on without a network with what is on this device; null when this person has to sign in first. */
  open(login: string, key: Uint8Array | null): Promise<Engine | null>;
  /** Asks the server who it is. */
  signIn(login: string, proof: Proof, deviceName: string): Promise<KnownPerson>;
  /** The key of this person's rows, by the PIN; by the password, with a network; under a first or another PIN. */
  unlock(account: string, pin: string): Promise<Uint8Array>;
  recover(person: KnownPerson, proof: Proof): Promise<Uint8Array>;
  setPin(account: string, pin: string, key: Uint8Array | null): Promise<Uint8Array>;
  /** Another PIN for the old one, with or without a network. */
  changePin(account: string, old: string, pin: string): Promise<void>;
  /** The password was just given: the server's copy of the key is made anew. */
  signedIn(engine: Engine, key: Uint8Array | null): void;
}

/** Somebody stands before a closed door: they enter their PIN, or choose one. */
export interface Door {
  person: KnownPerson;
  account: string;
  task: 'enter' | 'choose';
  /** what the new PIN is to open; null: a new key */
  key: Uint8Array | null;
  /** they may go on without a PIN: none was set before */
  optional: boolean;
}

export interface Session {
  readonly engine: Readonly<Ref<Engine | null>>;
  readonly entrance: Entrance;
  readonly door: Readonly<Ref<Door | null>>;
  /** Why what is on this device could not be opened, although somebody is at work here. */
  readonly failure: Readonly<Ref<unknown>>;
  /**
   * Opens the last person who worked here, after their PIN; false when nobody has, or they turned away from the door.
   * Without `mayAsk` only where no PIN is set.
   */
  resume(mayAsk?: boolean): Promise<boolean>;
  /**
   * Another person who has set a PIN on this device takes over, with or without a network. False when they have set none
   * here, or turned away from the door.
   */
  takeOver(login: string): Promise<boolean>;
  /** False when they turned away from the door. */
  signIn(login: string, proof: Proof, deviceName: string): Promise<boolean>;
  /** At the door. */
  enter(pin: string): Promise<void>;
  recover(proof: Proof): Promise<void>;
  choose(pin: string): Promise<void>;
  later(): Promise<void>;
  turnAway(): Promise<void>;
  /** Closes the door over what is on the screen; nothing when no PIN is set. What is typed stays, what waits is sent on. */
  lock(): Promise<void>;
  /** Asks for a first PIN. */
  askForPin(): Promise<void>;
  /** Ends the session with the server; what stands in the way changes nothing. Then away from what is theirs, and `turnAway`. */
  leave(): Promise<void>;
}

export const SESSION_KEY: InjectionKey<Session> = Symbol('session');
/** Tells the other tabs that a first PIN was set. */
const CHANNEL = 'inspect-app-door';

export function createSession(entrance: Entrance): Session {
  const engine = shallowRef<Engine | null>(null);
  const failure = shallowRef<unknown>(null);
  const door = shallowRef<Door | null>(null);
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL);
  let answer: ((isIn: boolean) => void) | null = null;
  let waiting: Promise<boolean> | null = null;
  let justSignedIn = false;
  let opening: Promise<Engine | null> | null = null;

  /** Two who ask at once get the same engine: a second one in a tab would contend for the writer's lock. */
  function open(login: string, key: Uint8Array | null): Promise<Engine | null> {
    opening ??= entrance.open(login, key).finally(() => {
      opening = null;
    });
    return opening;
  }

  /** Resolves when they are in (true) or have turned away. */
  function stand(next: Door): Promise<boolean> {
    door.value = next;
    waiting ??= new Promise<boolean>((resolve) => {
      answer = resolve;
    }).finally(() => {
      waiting = null;
    });
    return waiting;
  }

  function away(isIn: boolean): void {
    door.value = null;
    answer?.(isIn);
    answer = null;
  }

  const personOf = async (login: string): Promise<KnownPerson | null> =>
    (await entrance.known()).find((it) => it.login === login) ?? null;

  const before = (person: KnownPerson, task: Door['task'], optional = false): Door => ({
    person,
    account: person.account?.id ?? '',
    task,
    key: null,
    optional,
  });

  async function openLast(mayAsk: boolean): Promise<boolean> {
    if (waiting !== null) return mayAsk ? waiting : false;
    const last = await entrance.atWork();
    const person = last === null ? null : await personOf(last);
    if (engine.value !== null || person?.account == null) return engine.value !== null;
    if (await entrance.isLocked(person.account.id)) return mayAsk ? stand(before(person, 'enter')) : false;
    engine.value ??= await open(person.login, null);
    return engine.value !== null;
  }

  /** Opens with the key, or goes on where the door was closed over an open engine. */
  async function comeIn({ person }: Door, key: Uint8Array | null): Promise<void> {
    const behind = engine.value;
    if (behind !== null && key !== null && !behind.sealed) void behind.seal(key).catch(() => undefined);
    engine.value ??= await open(person.login, key);
    if ((await entrance.atWork()) !== person.login) await entrance.keepAtWork(person.login);
    if (justSignedIn && engine.value !== null) entrance.signedIn(engine.value, key);
    justSignedIn = false;
    away(true);
  }

  const standing = (): Door => {
    if (door.value === null) throw new Error('nobody is at the door');
    return door.value;
  };

  /** The one before stops first: two at work in a tab would contend for the writer's lock. */
  async function giveUp(): Promise<void> {
    await engine.value?.stop();
    engine.value = null;
    justSignedIn = false;
  }

  async function closeOver(open: Engine, task: Door['task']): Promise<void> {
    const person = (await entrance.known()).find((it) => it.account?.id === open.account.id);
    if (person !== undefined && door.value === null && engine.value === open)
      void stand(before(person, task, task === 'choose'));
  }

  if (channel !== null)
    channel.onmessage = ({ data }: MessageEvent<string>) => {
      const open = engine.value;
      if (open?.account.id === data && !open.sealed) void closeOver(open, 'enter');
    };

  return {
    engine,
    entrance,
    door,
    failure,
    async resume(mayAsk = true) {
      if (engine.value !== null) return true;
      failure.value = null;
      return openLast(mayAsk).catch((error: unknown) => {
        failure.value = error;
        return false;
      });
    },
    async takeOver(login) {
      const person = await personOf(login);
      if (person?.account == null || !(await entrance.isLocked(person.account.id))) return false;
      await giveUp();
      return stand(before(person, 'enter'));
    },
    async signIn(login, proof, deviceName) {
      const open = engine.value;
      if (open?.account.login === login) {
        await open.signIn(proof);
        void open.sendNow().catch(() => undefined);
        return true;
      }
      const person = await entrance.signIn(login, proof, deviceName);
      await giveUp();
      justSignedIn = true;
      const isLocked = await entrance.isLocked(person.account?.id ?? '');
      return stand(before(person, isLocked ? 'enter' : 'choose', !isLocked));
    },
    async enter(pin) {
      const here = standing();
      await comeIn(here, await entrance.unlock(here.account, pin));
    },
    async recover(proof) {
      const here = standing();
      const key = await entrance.recover(here.person, proof);
      justSignedIn = true;
      door.value = { ...here, task: 'choose', key, optional: false };
    },
    async choose(pin) {
      const here = standing();
      const key = await entrance.setPin(here.account, pin, here.key);
      if (here.key === null) channel?.postMessage(here.account);
      await comeIn(here, key);
    },
    async later() {
      const here = standing();
      if (here.optional) await comeIn(here, null);
    },
    async turnAway() {
      const left = engine.value;
      engine.value = null;
      justSignedIn = false;
      away(false);
      await left?.stop();
    },
    async lock() {
      const open = engine.value;
      if (open?.sealed && door.value === null) await closeOver(open, 'enter');
    },
    async askForPin() {
      const open = engine.value;
      if (open !== null && !open.sealed) await closeOver(open, 'choose');
    },
    async leave() {
      await engine.value?.signOut();
      await entrance.keepAtWork(null);
    },
  };
}

export function useSession(): Session {
  const session = inject(SESSION_KEY);
  if (session === undefined) throw new Error('no session above this component');
  return session;
}

/** The engine of the person at work; screens behind the sign-in only. */
export function useEngine(): Engine {
  const engine = useSession().engine.value;
  if (engine === null) throw new Error('nobody is signed in');
  return engine;
}
