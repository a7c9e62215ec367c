/** What is sent next. Freezing happens in the transaction that marks an operation offered, before its first byte leaves. */
import type { Frozen } from '../sync/ports';
import { freeze } from './log';
import type { OperationRow } from './rows';
import type { FieldDatabase } from './schema';

interface Limit {
  count: number;
  bytes: number;
}

/** Text first: an operation that refers to a photo waits for the photo, and does not hold up the others. */
export async function chooseOffer(
  db: FieldDatabase,
  limit: Limit,
  now: number,
  lookOnly = false,
): Promise<Frozen[]> {
  const waiting = await photosUnderway(db);
  const rows = await db.operations.where('state').anyOf('draft', 'offered', 'parked').toArray();
  const ready = rows.filter((row) => row.notBefore <= now && !row.photos.some((hash) => waiting.has(hash)));
  const chosen = within(limit, inOrder(ready));
  return lookOnly ? chosen.map(sendable) : frozenFirst(db, chosen);
}

async function photosUnderway(db: FieldDatabase): Promise<Set<string>> {
  const rows = await db.photos.where('state').notEqual('stored').primaryKeys();
  return new Set(rows);
}

/** What was offered before goes before what never was; a parked one goes alone, so that it harms no other. */
function inOrder(rows: OperationRow[]): OperationRow[] {
  const sound = rows.filter((row) => row.state !== 'parked');
  if (sound.length === 0) return rows.slice(0, 1);
  return sound.sort((one, other) => rank(one) - rank(other) || compareRows(one, other));
}

const rank = (row: OperationRow): number => (row.state === 'offered' ? 0 : 1);

function compareRows(one: OperationRow, other: OperationRow): number {
  if (one.inspection !== other.inspection) return one.inspection < other.inspection ? -1 : 1;
  return one.seq - other.seq || (one.operation.hlc < other.operation.hlc ? -1 : 1);
}

function within(limit: Limit, rows: OperationRow[]): OperationRow[] {
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += (row.text ?? JSON.stringify(row.operation)).length * 3;
    return index >= limit.count || (index > 0 && bytes > limit.bytes);
  });
  return end === -1 ? rows : rows.slice(0, end);
}

async function frozenFirst(db: FieldDatabase, chosen: OperationRow[]): Promise<Frozen[]> {
  const inspections = [...new Set(chosen.map((row) => row.inspection))];
  const sent: OperationRow[] = [];
  for (const inspection of inspections) {
    const own = chosen.filter((row) => row.inspection === inspection);
    const frozen = await freeze(
      db,
      own.filter((row) => row.state === 'draft'),
    );
    sent.push(...own.filter((row) => row.state !== 'draft'), ...frozen);
  }
  return sent.map(sendable);
}

const sendable = (row: OperationRow): Frozen => ({ id: row.id, text: row.text ?? '' });
