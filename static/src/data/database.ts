import { EngineError } from './errors';
import { FieldDatabase, SCHEMA_VERSION } from './schema';
import { Unreadable } from './seal';
import { setAside } from './set-aside';

const LOST = new Set(['DatabaseClosedError', 'InvalidStateError', 'UnknownError', 'OpenFailedError']);

/** How often in a row nothing could be set aside, although something does not open: another tab may have been first. */
const BARREN = 2;

/**
 * Runs a transaction. A row that no longer opens is set aside, so that it holds up nothing else; a connection that the
 * system closed is opened again. `work` is then tried anew: it must give the same result when run twice.
 */
export async function steady<T>(db: FieldDatabase, work: () => PromiseLike<T>): Promise<T> {
  for (let barren = 0; ; ) {
    try {
      return await connected(db, work);
    } catch (error) {
      const aside = error instanceof Unreadable && (await setAside(db, error).catch(toldByName));
      if (aside) await db.mend();
      else if (!(error instanceof Unreadable) || ++barren === BARREN) throw error;
    }
  }
}

/** iOS closes the connection under memory pressure. */
async function connected<T>(db: FieldDatabase, work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isLost(error) || ended.has(db)) throw named(error);
  }
  try {
    await reopen(db);
    return await work();
  } catch (error) {
    throw named(error);
  }
}

export type Tables = Parameters<FieldDatabase['transaction']>[1][];

/**
 * One transaction, strict, kept alive over reopening. The scope must be an async function: Dexie keeps a transaction
 * alive over `await` only in those, and a plain function that returns a promise would see it end in the middle.
 */
export function transact<T>(
  db: FieldDatabase,
  mode: 'r' | 'rw',
  tables: Tables,
  work: () => PromiseLike<T>,
): Promise<T> {
  return steady(db, () => db.transaction(mode, tables, async () => work()));
}

const PATIENCE = 10_000;
const PAUSE = 250;

/**
 * Right after a crash the browser's old process may still hold the files: an opening that fails so is tried again for a
 * while, before a person is told that they cannot come in.
 */
export async function patiently<T>(work: () => PromiseLike<T>, until = Date.now() + PATIENCE): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isLost(error) || Date.now() > until) throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  return patiently(work, until);
}

/** Closed by us, for good: what is still under way does not open it again. */
const ended = new WeakSet<FieldDatabase>();

export function end(db: FieldDatabase): void {
  ended.add(db);
  db.close();
}

async function reopen(db: FieldDatabase): Promise<void> {
  db.close({ disableAutoOpen: false });
  await db.open();
}

const isLost = (error: unknown): boolean => names(error).some((name) => LOST.has(name));

export const isQuota = (error: unknown): boolean =>
  (error instanceof EngineError && error.code === 'storage_full') ||
  names(error).includes('QuotaExceededError');

/** The names of an error and of what it wraps: Dexie reports an aborted transaction with the cause inside. */
function names(error: unknown): string[] {
  const found: string[] = [];
  for (let at = error as { name?: string; inner?: unknown } | undefined; at; at = at.inner as typeof at) {
    if (typeof at.name === 'string') found.push(at.name);
    if (at.inner === at) break;
  }
  return found;
}

function toldByName(error: unknown): never {
  throw named(error);
}

function named(error: unknown): unknown {
  if (error instanceof EngineError) return error;
  if (isQuota(error)) return new EngineError('storage_full');
  return error;
}

/** Opens the person's database; `newer_database` when this code is older than the data (only a rescue is possible then). */
export async function openDatabase(account: string, key: Uint8Array | null = null): Promise<FieldDatabase> {
  const db = new FieldDatabase(account, key);
  // Another tab brings a newer version: let go, so that it can upgrade; the next use here finds the newer data.
  db.on('versionchange', () => {
    db.close({ disableAutoOpen: true });
    return false;
  });
  await patiently(() => db.open());
  // Dexie opens newer data as it is; this program would misread it.
  if (db.backendDB().version <= SCHEMA_VERSION * NATIVE) return db;
  db.close();
  throw new EngineError('newer_database');
}

/** IndexedDB counts ten for each of Dexie's versions. */
const NATIVE = 10;
