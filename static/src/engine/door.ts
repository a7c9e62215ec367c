/** The way in to sealed rows: by the PIN without a network, by the password with one. */
import { releaseDeviceKeys } from '../api/device-key';
import { passwordOf, signIn } from '../api/session';
import type { Account, Device, KnownPerson, Proof } from '../data/api';
import { EngineError } from '../data/errors';
import { changeLock, keepAccount, knownPeople, lockOf, personFor, renewDevice } from '../data/people';
import { fingerprintOf, fromHex, lockWith, newDataKey, SHORTEST_PIN, unlockWith } from '../data/pin';
import { besideReserve } from '../data/reserve';
import type { PinLock } from '../data/rows';
import { Halt } from '../sync/reply';
import type { Session } from '../sync/wire';
import { giveCopy } from './sealing';
import { plainly } from './travel';
import { browserWorld, type World } from './world';

type Door = Pick<World, 'transport' | 'newId' | 'clock'>;

/** So many wrong PINs, and only the password opens. */
export const MOST_TRIES = 10;
/** Seconds to wait after so many wrong PINs. */
const WAITS = [0, 0, 0, 5, 15, 30, 60, 120, 300, 600];

/** Milliseconds until the next PIN may be tried; a clock that was put back holds nobody up for longer than the wait itself. */
export function waitOf({ tries, lastTry }: Pick<PinLock, 'tries' | 'lastTry'>, now: number): number {
  const wait = (WAITS[tries] ?? 0) * 1000;
  return Math.min(wait, Math.max(0, lastTry + wait - now));
}

/** The data key. Raises `wrong_pin`, `pin_wait`, `pin_blocked`. A try is counted before it is looked at. */
export async function unlock(account: string, pin: string, now = Date.now()): Promise<Uint8Array> {
  const lock = await besideReserve(account, () => changeLock(account, (known) => tried(known, now)));
  const key = await unlockWith(lock, pin);
  if (key === null) throw new EngineError(lock.tries >= MOST_TRIES ? 'pin_blocked' : 'wrong_pin', 'pin');
  await forgetTries(account);
  return key;
}

function tried(lock: PinLock | null, now: number): PinLock {
  if (lock === null) throw new EngineError('no_lock');
  if (lock.tries >= MOST_TRIES) throw new EngineError('pin_blocked', 'pin');
  if (waitOf(lock, now) > 0) throw new EngineError('pin_wait', 'pin');
  return { ...lock, tries: lock.tries + 1, lastTry: now };
}

async function forgetTries(account: string): Promise<void> {
  if ((await lockOf(account)) === null) return;
  await besideReserve(account, () => changeLock(account, (lock) => ({ ...(lock as PinLock), tries: 0 })));
}

/**
 * A first PIN (`key` null: a new key), or a new one over the key that somebody has. The server has the key before anything
 * here is sealed with it. `pin_too_short`, `unreachable`; `pin_exists`: another tab was first.
 */
export async function setPin(
  account: string,
  pin: string,
  key: Uint8Array | null,
  world: Pick<Door, 'transport'> = browserWorld(),
): Promise<Uint8Array> {
  const own = key ?? newDataKey();
  const lock = await lockWith(account, own, pin);
  await plainly(() => giveCopy(world.transport, own));
  await besideReserve(account, () => changeLock(account, (known) => overSame(known, lock)));
  return own;
}

/**
 * Another PIN over the same key, without a network. A wrong old one is counted as at the door (`wrong_pin`, `pin_wait`,
 * `pin_blocked`); `pin_too_short` spends no try. One strict transaction: a cut leaves the old PIN or the new one.
 */
export async function changePin(account: string, old: string, pin: string, now = Date.now()): Promise<void> {
  if (pin.length < SHORTEST_PIN) throw new EngineError('pin_too_short', 'pin');
  const key = await unlock(account, old, now);
  const lock = await lockWith(account, key, pin);
  await besideReserve(account, () => changeLock(account, (known) => overSame(known, lock)));
}

/** Never another key over rows that the first one sealed: another tab may have been first. */
function overSame(known: PinLock | null, lock: PinLock): PinLock {
  if (known !== null && known.fingerprint !== lock.fingerprint) throw new EngineError('pin_exists');
  return { ...lock, swept: known?.swept ?? false };
}

/** The PIN is forgotten: the password brings the key back. `no_key`: the server has none; the PIN may be tried again. */
export async function recoverKey(
  person: KnownPerson,
  proof: Proof,
  world: Door = browserWorld(),
): Promise<Uint8Array> {
  const { account } = await signInHere(person.login, proof, person.device.name, world);
  if (account.id !== person.account?.id) throw new EngineError('other_account');
  const lock = await lockOf(account.id);
  const keys = (await plainly(() => releaseDeviceKeys(world.transport, passwordOf(proof)))).map(fromHex);
  const key = keys.find((it) => fingerprintOf(it) === lock?.fingerprint);
  if (key === undefined) throw new EngineError('no_key');
  return key;
}

/**
 * First sign-in, or signing in again: asks the server and keeps who it is. Codes: `unreachable`, the server's
 * (`wrong_password` ...). Then `openEngine(person)`.
 */
export async function signInHere(
  login: string,
  proof: Proof,
  deviceName: string,
  world: Door = browserWorld(),
): Promise<{ account: Account; device: Device }> {
  const person = await personFor(login, deviceName, world.newId);
  const { account } = await plainly(() => askServer(world, person, proof));
  const whole = { ...account, agency: account.agency ?? null };
  const known = await besideReserve(account.id, () => keepAccount(login, whole, world.clock()));
  // Who has shown the password may try the PIN again.
  await forgetTries(account.id);
  return { account: known.account as Account, device: known.device };
}

async function askServer(
  { transport, newId }: Door,
  { login, device }: KnownPerson,
  proof: Proof,
): Promise<Session> {
  try {
    return await signIn(transport, { login, proof, device });
  } catch (error) {
    if (error instanceof Halt && error.problem === 'device_revoked') await renewDevice(login, newId);
    throw error;
  }
}

/** The person of this login on this device. */
export async function personOf(login: string): Promise<KnownPerson | null> {
  return (await knownPeople()).find((it) => it.login === login) ?? null;
}
