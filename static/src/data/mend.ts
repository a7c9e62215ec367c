/**
 * After a row was set aside: what can be had again is had again. The server's log is read from the start, a photo's row is
 * made anew of its bytes and its operation, and where the bytes are gone the entry asks for another picture.
 */
import type { Account, Device } from './api';
import { rowsOf } from './log';
import { askForAnother } from './photos';
import { withReserve } from './reserve';
import type { PhotoRow, SpoiltRow } from './rows';
import type { FieldDatabase } from './schema';
import { changeSetting, keepSetting, setting } from './settings';

/** One transaction; begun anew after a kill. */
export function mendSpoilt(db: FieldDatabase, account: Account, device: Device): Promise<void> {
  const { spoilt, settings, operations, photos, photoBytes } = db;
  return withReserve(db, [spoilt, settings, operations, photos, photoBytes], async () => {
    const fresh = (await spoilt.toArray()).filter((row) => !row.mended);
    for (const row of fresh) await mendOne(db, row);
    if (fresh.some((row) => row.table === 'settings')) {
      await changeSetting(db, 'account', account);
      await changeSetting(db, 'device', device);
    }
    await spoilt.bulkPut(fresh.map((row) => ({ ...row, mended: true })));
  });
}

async function mendOne(db: FieldDatabase, row: SpoiltRow): Promise<void> {
  if (row.table === 'operations' && row.plain.state !== 'draft') await keepSetting(db, 'cursor', null);
  if (row.table === 'photos') await rebuild(db, row);
  if (row.table === 'photoBytes') await loseBytes(db, row.key);
  // Whether the server was put back meanwhile cannot be known any more: everything is offered again.
  if (row.key === 'epoch' && (await setting(db, 'epoch')) === undefined) await keepSetting(db, 'epoch', '');
}

/** Of a photo whose bytes are here; of one that the server has. */
async function rebuild(db: FieldDatabase, { key: sha256, plain }: SpoiltRow): Promise<void> {
  const kept = (await db.photoBytes.where('sha256').equals(sha256).count()) > 0;
  const inspections = plain.inspections as string[];
  const facts = await factsOf(db, sha256, inspections);
  if (facts === null || (!kept && plain.state !== 'stored') || (await db.photos.get(sha256))) return;
  const state = kept ? 'local' : 'stored'; // sent again where it may have been sent: that costs nothing
  const row = { sha256, ...facts, filename: sha256.slice(0, 12), inspections, state, kept } as const;
  await db.photos.put({ ...row, offset: 0, reason: null, tries: 0, notBefore: 0 });
}

type Facts = Pick<PhotoRow, 'size' | 'type' | 'width' | 'height'>;

/** As the operation tells them that brought the photo in. */
async function factsOf(db: FieldDatabase, sha256: string, inspections: string[]): Promise<Facts | null> {
  for (const inspection of inspections)
    for (const { operation } of await rowsOf(db, inspection)) {
      const { size, type, width, height } = operation.set;
      if (operation.set.sha256 === sha256 && typeof size === 'number')
        return { size, type: String(type), width: Number(width), height: Number(height) };
    }
  return null;
}

async function loseBytes(db: FieldDatabase, sha256: string): Promise<void> {
  const photo = await db.photos.get(sha256);
  if (photo === undefined) return;
  await db.photos.put({ ...photo, kept: false });
  if (photo.state !== 'stored') await askForAnother(db, sha256);
}

/** A person has seen it, and written or photographed anew what could be. Nothing is deleted. */
export function settleSpoilt(db: FieldDatabase, id: string): Promise<void> {
  return withReserve(db, [db.spoilt, db.photos], async () => {
    const row = await db.spoilt.get(id);
    if (row === undefined) return;
    const photo = row.table === 'photoBytes' ? await db.photos.get(row.key) : undefined;
    const lost = photo !== undefined && photo.state !== 'stored' && !photo.kept;
    if (lost) await db.photos.delete(row.key);
    await db.spoilt.put({ ...row, settled: true, ...(lost ? { photo } : {}) });
  });
}
