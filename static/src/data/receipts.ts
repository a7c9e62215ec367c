/** Which receipts to fetch, what they must say, and what they allow to be freed. */
import type { Manifest, Verdict } from '../sync/receipt';
import type { Receipt } from '../sync/wire';
import { UNSENT } from './log';
import type { OperationRow, PhotoRow, ReceiptRow } from './rows';
import type { FieldDatabase } from './schema';
import { setting } from './settings';
import { offerAgain, uploadAgain } from './settle';
import { lostWork, openWork } from './spoilt';

const ASK_AGAIN = 6 * 60 * 60_000;
const MOST_AGAIN = 3;
const DAY = 24 * 60 * 60_000;
const GRACE_DAYS = 30;
const ANSWERED = new Set(['acknowledged', 'refused']);

export async function due(db: FieldDatabase, now: number): Promise<string[]> {
  const device = (await setting(db, 'device'))?.id ?? '';
  const own = (await db.operations.toArray()).filter((row) => row.device === device && row.text !== null);
  const inspections = [...new Set(own.map((row) => row.inspection))];
  const busy = await busyInspections(db);
  const receipts = new Map((await db.receipts.toArray()).map((row) => [row.inspection, row]));
  return inspections.filter((id) => !busy.has(id) && wanted(receipts.get(id), ofInspection(own, id), now));
}

const ofInspection = (rows: OperationRow[], id: string): OperationRow[] =>
  rows.filter((row) => row.inspection === id);

/** Inspections with own work that the server has not got. */
async function busyInspections(db: FieldDatabase): Promise<Set<string>> {
  const unsent = await db.operations
    .where('state')
    .anyOf([...UNSENT])
    .toArray();
  const photos = await db.photos.where('state').notEqual('stored').toArray();
  const spoilt = (await openWork(db)).flatMap((row) => row.inspections);
  const waiting = [...unsent.map((row) => row.inspection), ...photos.flatMap((photo) => photo.inspections)];
  return new Set([...waiting, ...spoilt]);
}

function wanted(row: ReceiptRow | undefined, own: OperationRow[], now: number): boolean {
  if (row === undefined) return true;
  const through = Math.max(0, ...own.map((row) => (row.state === 'acknowledged' ? row.seq : 0)));
  if (row.receipt.operations.through < through) return true;
  const final = row.check.complete && row.check.matches && row.check.archived;
  return !final && now - row.fetchedAt >= ASK_AGAIN;
}

export async function manifestOf(db: FieldDatabase, inspection: string): Promise<Manifest> {
  const device = (await setting(db, 'device'))?.id ?? '';
  const rows = (await db.operations.where('inspection').equals(inspection).toArray()).filter(
    (row) => row.device === device && row.text !== null && ANSWERED.has(row.state),
  );
  const photos = await db.photos.where('inspections').equals(inspection).toArray();
  return {
    inspection,
    device,
    epoch: (await setting(db, 'epoch')) ?? '',
    receiptKey: (await setting(db, 'receiptKey')) ?? '',
    operations: rows.filter((row) => row.state === 'acknowledged').map((row) => row.operation),
    refused: rows.filter((row) => row.state === 'refused').map((row) => row.id),
    photos: photos.map(({ sha256, size }) => ({ sha256, size })),
  };
}

export async function keepReceipt(
  db: FieldDatabase,
  inspection: string,
  receipt: Receipt,
  verdict: Verdict,
  now: number,
): Promise<void> {
  const before = await db.receipts.get(inspection);
  const { complete, archived, issued_at: issuedAt } = receipt;
  const { matches, signature } = verdict;
  const missing = receipt.missing.map(String);
  // Where a browser cannot check the signature, the receipt is shown, and frees nothing.
  const final = complete && matches && archived && missing.length === 0 && signature === 'valid';
  const deletableSince = final ? sinceWhen(before, receipt) : null;
  const check = { complete, archived, matches, signature, issuedAt, missing };
  const lacks = await sendMissing(db, inspection, missing);
  const lacksNewest = await sendBeyond(db, inspection, receipt.operations.through);
  const again = lacks || lacksNewest ? (before?.again ?? 0) + 1 : 0;
  // What goes again is asked after as soon as it is through, unless that has helped nothing before.
  const fetchedAt = again > 0 && again <= MOST_AGAIN ? 0 : now;
  const row = { inspection, receipt, check, epoch: receipt.epoch, fetchedAt, deletableSince, again };
  await db.receipts.put(row);
}

/**
 * The server's own time, since a device's clock jumps. What was written or photographed after the receipt before has its
 * own days of grace.
 */
function sinceWhen(before: ReceiptRow | undefined, receipt: Receipt): number {
  const same = before?.receipt.operations.digest === receipt.operations.digest;
  return (same ? before?.deletableSince : null) ?? Date.parse(receipt.issued_at);
}

/** What the server once answered for and has not got (an older state put back, bytes gone bad) is offered again; whether there was any. */
async function sendMissing(db: FieldDatabase, inspection: string, missing: string[]): Promise<boolean> {
  const device = (await setting(db, 'device'))?.id ?? '';
  let any = false;
  const photoAgain = (photo: PhotoRow): void => {
    if (uploadAgain(photo)) any = true;
  };
  const operationAgain = (row: OperationRow): void => {
    if (offerAgain(row)) any = true;
  };
  for (const name of missing) {
    const seq = /^seq:(\d+)$/.exec(name)?.[1];
    const own = db.operations.where('[inspection+device+seq]').equals([inspection, device, Number(seq)]);
    if (seq === undefined) await db.photos.where('sha256').equals(name).modify(photoAgain);
    else await own.modify(operationAgain);
  }
  return any;
}

/** The same for what lies beyond the last number of which the receipt knows: no gap shows that it is missing there. */
async function sendBeyond(db: FieldDatabase, inspection: string, through: number): Promise<boolean> {
  const device = (await setting(db, 'device'))?.id ?? '';
  let any = false;
  await db.operations
    .where('inspection')
    .equals(inspection)
    .modify((row) => {
      const lacked = row.device === device && row.seq > through && row.state === 'acknowledged';
      if (lacked && offerAgain(row)) any = true;
    });
  return any;
}

/** Photos whose originals may go: every inspection that uses them is covered by a final receipt, and the grace is over. */
export async function deletable(db: FieldDatabase): Promise<string[]> {
  const now = (await setting(db, 'serverTime')) ?? 0;
  const grace = ((await setting(db, 'graceDays')) ?? GRACE_DAYS) * DAY;
  const rows = await db.receipts.toArray();
  const over = rows.filter((row) => row.deletableSince !== null && now - row.deletableSince >= grace);
  const covered = new Map(
    over.map((row) => [row.inspection, new Set(row.receipt.photos.map((it) => it.sha256))]),
  );
  const lost = (await lostWork(db)).flatMap((row) => row.inspections);
  const busy = new Set([...(await busyInspections(db)), ...lost]);
  const disputed = await disputedPhotos(db);
  const photos = await db.photos.where('state').equals('stored').toArray();
  const free = (id: string, hash: string) => covered.get(id)?.has(hash) === true && !busy.has(id);
  return photos
    .filter((photo) => photo.kept && photo.inspections.length > 0 && !disputed.has(photo.sha256))
    .filter((photo) => photo.inspections.every((id) => free(id, photo.sha256)))
    .map((photo) => photo.sha256);
}

/** What a refused or quarantined operation refers to is never freed. */
async function disputedPhotos(db: FieldDatabase): Promise<Set<string>> {
  const rows = await db.operations.where('state').anyOf('refused', 'quarantined').toArray();
  return new Set(rows.flatMap((row) => row.photos));
}
