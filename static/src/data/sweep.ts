/**
 * Rows from before the key are sealed: part by part, each part one strict transaction of IndexedDB itself, so that a kill
 * leaves every row either as it was or sealed, and both are read. Begun anew it passes over what is sealed.
 */
import type { FieldDatabase } from './schema';
import { indexedFields, isSealed, OPEN_TABLES, type Row, sealRow } from './seal';

/** What one transaction may rewrite: a large photo, or many texts. */
const MOST_ROWS = 200;
const MOST_BYTES = 4_000_000;

/** `between` is called after each part. */
export async function sealOldRows(
  db: FieldDatabase,
  key: Uint8Array,
  between: () => Promise<void> | void = () => undefined,
): Promise<void> {
  for (const { name, core } of db.tables.filter((table) => !OPEN_TABLES.has(table.name))) {
    const seal = (row: Row): Row => sealRow(key, name, indexedFields(core), row);
    let after: IDBValidKey | null = null;
    do {
      after = await sealPart(db.backendDB(), name, seal, after);
      await between();
    } while (after !== null);
  }
}

/** Seals what is plain beyond `after`; answers where to go on, null at the end of the table. */
function sealPart(
  idb: IDBDatabase,
  table: string,
  seal: (row: Row) => Row,
  after: IDBValidKey | null,
): Promise<IDBValidKey | null> {
  return new Promise((resolve, reject) => {
    const transaction = idb.transaction(table, 'readwrite', { durability: 'strict' });
    let [rows, bytes] = [0, 0];
    let next: IDBValidKey | null = null;
    const range = after === null ? null : IDBKeyRange.lowerBound(after, true);
    const asked = transaction.objectStore(table).openCursor(range);
    asked.onsuccess = () => {
      const cursor = asked.result;
      if (cursor === null) return;
      if (!isSealed(cursor.value)) {
        const sealed = seal(cursor.value);
        cursor.update(sealed);
        rows += 1;
        bytes += (sealed.sealed as Uint8Array).length;
      }
      if (rows >= MOST_ROWS || bytes >= MOST_BYTES) next = cursor.primaryKey;
      else cursor.continue();
    };
    transaction.oncomplete = () => resolve(next);
    transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
  });
}
