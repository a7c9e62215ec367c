/** What a disk may do to rows, beside the product. */
import Dexie from 'dexie';
import { databaseName } from '../../src/data/schema';
import { isSealed, type Row } from '../../src/data/seal';

/** One bit, within the sealed part, of each row that `which` means; answers how many. */
export async function spoil(
  account: string,
  table: string,
  which: (row: Row) => boolean = () => true,
  at = 60,
) {
  const raw = await new Dexie(databaseName(account)).open();
  let count = 0;
  await raw
    .table(table)
    .toCollection()
    .modify((row: Row) => {
      if (!which(row) || !isSealed(row)) return;
      row.sealed[at] = (row.sealed[at] as number) ^ 1;
      count += 1;
    });
  raw.close();
  return count;
}

/** The rows as they lie. */
export async function lying(account: string, table: string): Promise<Row[]> {
  const raw = await new Dexie(databaseName(account)).open();
  const rows = await raw.table(table).toArray();
  raw.close();
  return rows;
}
