/**
 * Room held back so that text still saves when the disk is full: rows of noise that are given up on the first
 * QuotaExceededError and taken again when there is room.
 */
import { isQuota, patiently, steady, type Tables, transact } from './database';
import { FieldDatabase } from './schema';

/** How many rows are held back unless the caller says otherwise. */
export const SLOTS = 8;
const SLOT_BYTES = 256 * 1024;

export async function fillReserve(db: FieldDatabase, slots = SLOTS): Promise<void> {
  try {
    await steady(db, () => fill(db, slots));
  } catch (error) {
    if (!isQuota(error)) throw error;
  }
}

async function fill(db: FieldDatabase, slots: number): Promise<void> {
  const held = new Set(await db.reserve.toCollection().primaryKeys());
  for (let slot = 0; slot < slots; slot++) {
    if (!held.has(slot)) await db.reserve.put({ slot, bytes: noise() });
  }
}

/** Random, since a row of zeros may be stored compressed and would hold no room. */
function noise(): Uint8Array {
  const bytes = new Uint8Array(SLOT_BYTES);
  for (let at = 0; at < SLOT_BYTES; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/** Writes small things; gives up the reserve when there is no room. `work` must give the same result when run twice. */
export async function withReserve<T>(
  db: FieldDatabase,
  tables: Tables,
  work: () => PromiseLike<T>,
): Promise<T> {
  try {
    return await transact(db, 'rw', tables, work);
  } catch (error) {
    if (!isQuota(error)) throw error;
  }
  await steady(db, () => db.reserve.clear());
  return transact(db, 'rw', tables, work);
}

/** For what is written beside the person's database, before anybody has opened it: a full disk keeps nobody out. */
export async function besideReserve<T>(account: string, work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isQuota(error)) throw error;
  }
  const db = new FieldDatabase(account);
  try {
    await patiently(() => db.open());
    await db.reserve.clear();
  } finally {
    db.close();
  }
  return work();
}
