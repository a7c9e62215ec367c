/** Photos as bytes: in one transaction with their metadata and operation, read back and verified before they count as saved. */
import type { Patch } from '../domain/operations';
import { sha256 as hash } from '../worker/hash';
import type { Picture } from '../worker/picture';
import { isQuota, steady, transact } from './database';
import { EngineError } from './errors';
import { addPatch, type Edit, type Edited, type Writer } from './log';
import { withReserve } from './reserve';
import type { OperationRow, PhotoRow } from './rows';
import type { FieldDatabase } from './schema';

export interface NewPhoto {
  inspection: string;
  filename: string;
  bytes: Uint8Array;
  picture: Picture;
}

/** Whole or not at all. */
export async function savePhoto(
  db: FieldDatabase,
  writer: Writer,
  photo: NewPhoto,
  edit: Edit,
): Promise<Edited | null> {
  const { operations, photos, photoBytes, thumbnails } = db;
  const edited = await transact(db, 'rw', [operations, photos, photoBytes, thumbnails], () =>
    put(db, writer, photo, edit),
  );
  await verifyPhoto(db, photo.picture.sha256);
  return edited;
}

async function put(db: FieldDatabase, writer: Writer, photo: NewPhoto, edit: Edit): Promise<Edited | null> {
  const { sha256, thumbnail } = photo.picture;
  const known = await db.photos.get(sha256);
  const here = known?.kept === true && (await hasBytes(db, sha256));
  await db.photos.put(rowFor(photo, known, here));
  if (!here) {
    await db.photoBytes.put({ sha256, bytes: photo.bytes });
    await db.thumbnails.put({ sha256, bytes: thumbnail });
  }
  return addPatch(db, writer, edit);
}

const hasBytes = async (db: FieldDatabase, sha256: string): Promise<boolean> =>
  (await db.photoBytes.where('sha256').equals(sha256).count()) > 0;

/** Whether a photo need not be stored again: its bytes are here, or with the server. */
export async function isHeld(db: FieldDatabase, sha256: string): Promise<boolean> {
  const row = await db.photos.get(sha256);
  return row?.state === 'stored' || (row?.kept === true && (await hasBytes(db, sha256)));
}

/** The same photo again costs nothing where its bytes are: its row learns of the other inspection. */
function rowFor(
  { inspection, filename, bytes, picture }: NewPhoto,
  known: PhotoRow | undefined,
  here: boolean,
): PhotoRow {
  if (known !== undefined && here)
    return { ...known, inspections: [...new Set([...known.inspections, inspection])] };
  const { sha256, type, width, height, witness } = picture;
  const inspections = [...new Set([...(known?.inspections ?? []), inspection])];
  const signed = witness === undefined ? {} : { witness };
  const fresh = { sha256, type, width, height, filename, size: bytes.length, inspections, ...signed };
  return { ...fresh, state: 'unverified', offset: 0, reason: null, tries: 0, notBefore: 0, kept: true };
}

/** Reads back what was written. A photo that is not whole is taken out again, with its operation; the person takes it anew. */
export async function verifyPhoto(db: FieldDatabase, sha256: string): Promise<void> {
  const row = await steady(db, () => db.photos.get(sha256));
  if (row?.state !== 'unverified') return;
  const stored = await steady(db, () => db.photoBytes.get(sha256));
  const whole = stored?.bytes.length === row.size && (await hash(stored.bytes)) === sha256;
  if (whole) return keep(db, sha256);
  await discard(db, sha256);
  throw new EngineError('retake', null, 'not_whole');
}

async function keep(db: FieldDatabase, sha256: string): Promise<void> {
  await withReserve(db, [db.photos], () => db.photos.update(sha256, { state: 'local' }));
}

function discard(db: FieldDatabase, sha256: string): Promise<void> {
  const { operations, photos, photoBytes, thumbnails } = db;
  return withReserve(db, [operations, photos, photoBytes, thumbnails], async () => {
    await photos.delete(sha256);
    await photoBytes.delete(sha256);
    await thumbnails.delete(sha256);
    await askForAnother(db, sha256);
  });
}

/** Inside the caller's transaction. What was frozen stays as it is. */
export async function askForAnother(db: FieldDatabase, sha256: string): Promise<void> {
  await db.operations
    .where('state')
    .equals('draft')
    .modify((row) => {
      if (row.photos.includes(sha256)) askAgain(row);
    });
}

const OF_THE_BYTES = new Set(['sha256', 'size', 'type', 'width', 'height']);

/** The entity stays without its picture and says "retake", so that the person sees which one is missing. */
function askAgain(row: OperationRow): void {
  const kept = Object.entries(row.operation.set).filter(([name]) => !OF_THE_BYTES.has(name));
  const set: Patch = { ...Object.fromEntries(kept), retake: true };
  const base = Object.fromEntries(Object.entries(row.operation.base).filter(([name]) => name in set));
  row.operation = { ...row.operation, set, base };
  row.photos = [];
}

/** After a kill in the middle: every photo that was not read back yet is, now; on a full disk at the next start. */
export async function verifyAll(db: FieldDatabase): Promise<void> {
  const hashes = await steady(db, () => db.photos.where('state').equals('unverified').primaryKeys());
  for (const hash of hashes) await verifyPhoto(db, hash).catch(letIn);
}

function letIn(error: unknown): void {
  if (!(error instanceof EngineError && error.code === 'retake') && !isQuota(error)) throw error;
}

/**
 * Frees the originals that may go; thumbnails stay. Returns the bytes freed. Inside the transaction that found that they
 * may: what another tab learns in between (a server that was put back lacks them) must not come too late.
 */
export async function freeOriginals(db: FieldDatabase, hashes: string[]): Promise<number> {
  const rows = (await db.photos.bulkGet(hashes)).filter((row): row is PhotoRow => row?.kept === true);
  await db.photos.bulkPut(rows.map((row) => ({ ...row, kept: false })));
  await db.photoBytes.bulkDelete(rows.map((row) => row.sha256));
  return rows.reduce((sum, row) => sum + row.size, 0);
}
