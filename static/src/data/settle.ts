/** What one answer of the server changes here, all in one transaction: results, others' operations, cursor, epoch. */

import type { Operation } from '../domain/operations';
import { operationText, photosOf } from '../domain/operations';
import type { Frozen, Held } from '../sync/ports';
import type { ItemResult, PulledOperation, SyncReply } from '../sync/wire';
import { keepTold } from './holds';
import type { OperationRow, OperationState, PhotoRow } from './rows';
import type { FieldDatabase } from './schema';
import { keepSetting, setting } from './settings';

const ACKNOWLEDGED = new Set(['applied', 'duplicate', 'late', 'conflict']);
const RETRYABLE_AFTER = 30_000;

export async function settleReply(
  db: FieldDatabase,
  sent: Frozen[],
  reply: SyncReply,
  now: number,
  told: Held[] | null,
): Promise<{ newEpoch: boolean; touched: Set<string> }> {
  const touched = new Set<string>();
  const newEpoch = await takeEpoch(db, reply.epoch);
  const ids = new Set(sent.map((item) => item.id));
  for (const result of reply.results) {
    if (ids.has(result.id)) await takeResult(db, result, now, touched);
  }
  await takeOperations(db, reply.operations, touched);
  // After a restore the place in the old log means nothing: read from the start.
  if (newEpoch) await keepSetting(db, 'cursor', null);
  else if (reply.cursor !== '') await keepSetting(db, 'cursor', reply.cursor);
  await keepSetting(db, 'lastSent', now);
  // What another state of the server was told it may have forgotten.
  if (newEpoch) await keepSetting(db, 'told', {});
  else await keepTold(db, told);
  if (reply.sheets !== undefined) await keepSetting(db, 'sheets', reply.sheets);
  return { newEpoch, touched };
}

/** A new epoch: the server may lack what it once acknowledged, so everything that it answered is offered again. */
async function takeEpoch(db: FieldDatabase, epoch: string): Promise<boolean> {
  const known = await setting(db, 'epoch');
  if (known === epoch) return false;
  await keepSetting(db, 'epoch', epoch);
  if (known === undefined || known === null) return false;
  await db.operations
    .where('state')
    .anyOf('acknowledged', 'refused', 'quarantined')
    .modify((row) => void offerAgain(row));
  await db.photos
    .where('state')
    .equals('stored')
    .modify((photo) => void uploadAgain(photo));
  await setAside(db);
  return true;
}

/** The receipts of the epoch that is over free nothing any more; they still say when the server first received what it lost. */
async function setAside(db: FieldDatabase): Promise<void> {
  const earlier = { ...(await setting(db, 'earlier')) };
  for (const { inspection, receipt } of await db.receipts.toArray())
    earlier[inspection] = [...(earlier[inspection] ?? []), receipt];
  await keepSetting(db, 'earlier', earlier);
  await db.receipts.clear();
}

const ANSWERED = new Set(['acknowledged', 'refused', 'quarantined']);

/** Only what this device froze itself can be offered by it; what was never answered waits for its time as it is. */
export function offerAgain(row: OperationRow): boolean {
  if (row.text === null || !ANSWERED.has(row.state)) return false;
  Object.assign(row, { state: 'offered', notBefore: 0, tries: 0 });
  return true;
}

/** Only what is still here can be sent again. */
export function uploadAgain(photo: PhotoRow): boolean {
  if (!photo.kept || photo.state !== 'stored') return false;
  Object.assign(photo, { state: 'local', offset: 0, notBefore: 0 });
  return true;
}

async function takeResult(
  db: FieldDatabase,
  result: ItemResult,
  now: number,
  touched: Set<string>,
): Promise<void> {
  const row = await db.operations.get(result.id);
  if (row === undefined || (row.state !== 'offered' && row.state !== 'parked')) return;
  touched.add(row.inspection);
  if (result.status === 'refused' && result.code === 'photo_missing') return sendAgain(db, row, now);
  await db.operations.put({
    ...row,
    state: stateOf(result),
    status: result.status,
    code: result.code ?? null,
  });
}

function stateOf(result: ItemResult): OperationState {
  if (ACKNOWLEDGED.has(result.status)) return 'acknowledged';
  return result.status === 'quarantined' ? 'quarantined' : 'refused';
}

/** The server has not got the photo after all: ask it again about each, and come back later. */
async function sendAgain(db: FieldDatabase, row: OperationRow, now: number): Promise<void> {
  for (const hash of row.photos) {
    const photo = await db.photos.get(hash);
    if (photo?.state === 'stored' && photo.kept) await db.photos.put({ ...photo, state: 'local', offset: 0 });
  }
  const tries = row.tries + 1;
  const notBefore = now + RETRYABLE_AFTER * Math.min(tries, 20);
  const state = tries > 5 ? ('parked' as const) : row.state;
  await db.operations.put({ ...row, state, code: 'photo_missing', tries, notBefore });
}

async function takeOperations(
  db: FieldDatabase,
  pulled: PulledOperation[],
  touched: Set<string>,
): Promise<void> {
  const known = await db.operations.bulkGet(pulled.map((item) => item.id));
  const own = (await setting(db, 'device'))?.id ?? '';
  const rows = pulled.map((item, index) => merged(item, known[index], own));
  for (const row of rows) touched.add(row.inspection);
  await db.operations.bulkPut(rows);
}

function merged(item: PulledOperation, known: OperationRow | undefined, own: string): OperationRow {
  const { n, stamp, received, status, ...operation } = item;
  const added = { n, stamp, received, status };
  if (known === undefined) return newRow(operation, added, own);
  if (known.text === null) return { ...known, ...added };
  // Ours came back: that is an acknowledgement, too, if it is what we sent.
  const same = operationText(operation) === known.text;
  if (!same) return known;
  return { ...known, ...added, state: statusState(status) ?? known.state };
}

const statusState = (status: string): OperationState | null =>
  ACKNOWLEDGED.has(status) ? 'acknowledged' : status === 'refused' ? 'refused' : null;

type Added = Pick<OperationRow, 'n' | 'stamp' | 'received' | 'status'>;

function newRow(operation: Operation, added: Added, own: string): OperationRow {
  const { id, inspection, device, seq } = operation;
  const rest = { code: null, tries: 0, notBefore: 0 };
  const state: OperationState =
    added.status === 'refused' ? 'refused' : device === own ? 'acknowledged' : 'remote';
  const behalf = operation.on_behalf ?? null;
  // Ours, which the disk lost here: as it was frozen.
  const text = device === own ? operationText(operation) : null;
  const photos = device === own ? photosOf(operation) : [];
  return {
    id,
    inspection,
    device,
    seq,
    state,
    operation: { ...operation, on_behalf: behalf },
    text,
    photos,
    ...added,
    ...rest,
  };
}
