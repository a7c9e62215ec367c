/**
 * A row that no longer opens is moved, as it lies, from its table into `spoilt`: in one strict transaction of IndexedDB
 * itself, below the sealing, so that a kill leaves it in the one place or the other.
 */
import type { SpoiltRow } from './rows';
import type { FieldDatabase } from './schema';
import { isSealed, openRow, type Row, sealRow, type Unreadable } from './seal';

/** Small rows: one that opens shows that the key is the right one. */
const PROBED = ['settings', 'packages', 'operations', 'photos'];

/**
 * Whether the row was moved, with the help of the reserve where the disk is full. Never with a key that opens nothing here:
 * then it is the key that is wrong.
 */
export async function setAside(db: FieldDatabase, { table, plain }: Unreadable): Promise<boolean> {
  const { key } = db.ring;
  const name = String(db.table(table).schema.primKey.keyPath);
  if (key === null || !db.isOpen() || !(await fits(db.backendDB(), key))) return false;
  const moved = () => move(db.backendDB(), key, table, plain[name] as IDBValidKey);
  try {
    return await moved();
  } catch (error) {
    if (!isFull(error)) throw error;
  }
  await db.reserve.clear();
  return moved();
}

const isFull = (error: unknown): boolean =>
  (error as { name?: string } | null)?.name === 'QuotaExceededError';

async function fits(idb: IDBDatabase, key: Uint8Array): Promise<boolean> {
  for (const table of PROBED) if (await anyOpens(idb, key, table)) return true;
  return false;
}

function anyOpens(idb: IDBDatabase, key: Uint8Array, table: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const asked = idb.transaction(table, 'readonly').objectStore(table).openCursor();
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      const cursor = asked.result;
      if (cursor === null) resolve(false);
      else if (isSealed(cursor.value) && opens(key, table, cursor.value)) resolve(true);
      else cursor.continue();
    };
  });
}

function opens(key: Uint8Array, table: string, row: Row): boolean {
  try {
    openRow(key, table, row);
    return true;
  } catch {
    return false;
  }
}

function move(idb: IDBDatabase, key: Uint8Array, table: string, at: IDBValidKey): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const transaction = idb.transaction([table, 'spoilt'], 'readwrite', { durability: 'strict' });
    const from = transaction.objectStore(table);
    let moved = false;
    const asked = from.get(at);
    asked.onsuccess = () => {
      const row = asked.result;
      if (!isSealed(row) || opens(key, table, row)) return; // another tab was first
      try {
        transaction
          .objectStore('spoilt')
          .put(sealRow(key, 'spoilt', ['id'], asSpoilt(table, String(at), row)));
      } catch (error) {
        reject(error);
        return transaction.abort();
      }
      from.delete(at);
      moved = true;
    };
    transaction.oncomplete = () => resolve(moved);
    transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
  });
}

function asSpoilt(table: string, key: string, { sealed, ...plain }: Row & { sealed: Uint8Array }): Row {
  const row: SpoiltRow = {
    id: crypto.randomUUID(),
    table,
    key,
    plain,
    bytes: sealed,
    mended: false,
    settled: false,
  };
  return { ...row };
}
