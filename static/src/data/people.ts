/**
 * Who has worked in this browser profile: each with a device id of their own, minted here. No password is kept, and of a
 * PIN nothing but the data key under it.
 */
import Dexie, { type Table } from 'dexie';
import type { Account, KnownPerson } from './api';
import { patiently } from './database';
import { besideReserve } from './reserve';
import type { PinLock } from './rows';

class PeopleDatabase extends Dexie {
  declare people: Table<KnownPerson, string>;
  declare atWork: Table<{ key: 'now'; login: string }, string>;
  declare locks: Table<PinLock, string>;

  constructor() {
    super('inspect-app-people', { chromeTransactionDurability: 'strict', cache: 'disabled' });
    this.version(1).stores({ people: 'login' });
    this.version(2).stores({ people: 'login', atWork: 'key' });
    this.version(3).stores({ people: 'login', atWork: 'key', locks: 'account' });
  }
}

async function withDatabase<T>(work: (db: PeopleDatabase) => PromiseLike<T>): Promise<T> {
  const db = new PeopleDatabase();
  try {
    await patiently(() => db.open());
    return await db.transaction('rw', db.people, db.atWork, db.locks, async () => work(db));
  } finally {
    db.close();
  }
}

const withPeople = <T>(work: (people: Table<KnownPerson, string>) => PromiseLike<T>): Promise<T> =>
  withDatabase((db) => work(db.people));

/**
 * Who is at work here, so that they go on without a network after the browser died. Not in localStorage: a kill soon after
 * the sign-in took it along, and nobody could come in until there was a network again.
 */
export async function personAtWork(): Promise<string | null> {
  return (await withDatabase((db) => db.atWork.get('now')))?.login ?? null;
}

/** null: signed out. */
export async function keepAtWork(login: string | null): Promise<unknown> {
  if (login === null) return withDatabase((db) => db.atWork.clear());
  const keep = () => withDatabase<unknown>((db) => db.atWork.put({ key: 'now', login }));
  const account = (await withPeople((people) => people.get(login)))?.account;
  return account ? besideReserve(account.id, keep) : keep();
}

/** Latest first. */
export async function knownPeople(): Promise<KnownPerson[]> {
  const people = await withPeople((table) => table.toArray());
  return people.sort((one, other) => other.lastSignIn - one.lastSignIn);
}

/** The person's entry, made (with a fresh device) on their first sign-in here. */
export function personFor(login: string, deviceName: string, newId: () => string): Promise<KnownPerson> {
  return withPeople(async (people) => {
    const known = await people.get(login);
    if (known !== undefined) return known;
    const fresh = { login, account: null, device: { id: newId(), name: deviceName }, lastSignIn: 0 };
    await people.put(fresh);
    return fresh;
  });
}

export function keepAccount(login: string, account: Account, now: number): Promise<KnownPerson> {
  return withPeople(async (people) => {
    const known = await people.get(login);
    if (known === undefined) throw new Error('sign-in without an entry');
    const person = { ...known, account, lastSignIn: now };
    await people.put(person);
    return person;
  });
}

/** A revoked device never comes back: the next sign-in of this person gets a fresh one. */
export function renewDevice(login: string, newId: () => string): Promise<void> {
  return withPeople(async (people) => {
    await people
      .where('login')
      .equals(login)
      .modify((person) => {
        person.device = { ...person.device, id: newId() };
      });
  });
}

/** Whose rows on this device are sealed, by account; null while no PIN is set. */
export async function lockOf(account: string): Promise<PinLock | null> {
  return (await withDatabase((db) => db.locks.get(account))) ?? null;
}

/** What `change` makes of a person's lock, in one transaction; what it throws leaves the lock as it was. */
export function changeLock(account: string, change: (lock: PinLock | null) => PinLock): Promise<PinLock> {
  return withDatabase(async (db) => {
    const lock = change((await db.locks.get(account)) ?? null);
    await db.locks.put(lock);
    return lock;
  });
}
