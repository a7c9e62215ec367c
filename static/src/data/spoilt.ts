/** What stands in `spoilt`: what of it still matters, and how it is told. All functions run inside the caller's transaction. */
import type { Patch } from '../domain/operations';
import type { SpoiltItem } from './api';
import type { SpoiltRow } from './rows';
import type { FieldDatabase } from './schema';
import { remainsOf } from './seal';

type Kind = SpoiltItem['kind'];
const KINDS: Record<string, Kind> = {
  operations: 'operation',
  photos: 'photo',
  photoBytes: 'photo',
  packages: 'package',
  drafts: 'draft',
};
/** A person's work: while one is open nobody is told that all is sent. */
const WORK = new Set(['operations', 'photos', 'photoBytes']);

export interface Spoilt extends SpoiltRow {
  inspections: string[];
}

/** Work that no longer opens and did not come back, settled or not. Reads `spoilt`, `operations` and `photos`. */
export async function lostWork(db: FieldDatabase): Promise<Spoilt[]> {
  return stillLost(db, (row) => WORK.has(row.table));
}

/** The same, less what a person has settled. */
export async function openWork(db: FieldDatabase): Promise<Spoilt[]> {
  return stillLost(db, (row) => WORK.has(row.table) && !row.settled);
}

export const isOf = (inspection: string) => (row: Spoilt) => row.inspections.includes(inspection);

/** The highest number of this device that a spoilt operation bears: none is given twice. */
export async function lastSpoilt(db: FieldDatabase, inspection: string, device: string): Promise<number> {
  const rows = (await db.spoilt.toArray())
    .filter((row) => row.table === 'operations')
    .map((row) => row.plain);
  const own = rows.filter((plain) => plain.inspection === inspection && plain.device === device);
  return Math.max(0, ...own.map((plain) => Number(plain.seq)));
}

/** For the screens. Reads `packages` and `drafts`, too. */
export async function toldSpoilt(db: FieldDatabase): Promise<SpoiltItem[]> {
  const rows = await stillLost(db, (row) => row.table in KINDS && !row.settled);
  return rows.map((row) => itemOf(row, db.ring.key));
}

async function stillLost(db: FieldDatabase, wanted: (row: SpoiltRow) => boolean): Promise<Spoilt[]> {
  const rows = (await db.spoilt.toArray()).filter(wanted);
  const found = await Promise.all(rows.map((row) => lostAs(db, row)));
  return found.filter((row) => row !== null);
}

/** null: it stands in its place again, or nothing is missing without it. */
async function lostAs(db: FieldDatabase, row: SpoiltRow): Promise<Spoilt | null> {
  if (row.table !== 'photoBytes') return (await isThere(db, row)) ? null : { ...row, inspections: of(row) };
  const photo = (await db.photos.get(row.key)) ?? row.photo;
  // On the server, or taken again.
  if (photo === undefined || photo.state === 'stored' || photo.kept) return null;
  return { ...row, inspections: photo.inspections };
}

async function isThere(db: FieldDatabase, { table, key }: SpoiltRow): Promise<boolean> {
  const rows = db.table(table);
  const found = rows.where(String(rows.schema.primKey.keyPath)).equals(key);
  return (await found.count()) > 0;
}

function of({ table, key, plain }: SpoiltRow): string[] {
  if (table === 'packages') return [key];
  return [plain.inspection ?? plain.inspections ?? []].flat().map(String);
}

const KNOWN_TO_SERVER = new Set(['acknowledged', 'remote']);

function itemOf(row: Spoilt, key: Uint8Array | null): SpoiltItem {
  const kind = KINDS[row.table] as Kind;
  const operation = kind === 'operation' ? operationIn(key === null ? '' : remainsOf(key, row.bytes)) : null;
  return {
    id: row.id,
    kind,
    inspections: row.inspections,
    sha256: kind === 'photo' ? row.key : null,
    comesBack: kind === 'package' || (kind === 'operation' && KNOWN_TO_SERVER.has(String(row.plain.state))),
    entity: operation?.entity ?? null,
    remains: operation?.set ?? null,
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Bits of it are wrong: nothing is taken for granted. Where it is no JSON any more, what it was about may still be read. */
function operationIn(text: string): { entity: string; set: Patch | null } | null {
  const row = parsed(text);
  const operation = isRecord(row) ? row.operation : null;
  if (isRecord(operation) && isRecord(operation.set) && typeof operation.entity === 'string')
    return { entity: operation.entity, set: operation.set as Patch };
  const entity = /"entity":"([a-z_]+)"/.exec(text)?.[1];
  return entity === undefined ? null : { entity, set: null };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
