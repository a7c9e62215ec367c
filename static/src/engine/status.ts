/** The strip: saved here, N waiting, safe on the server. */
import type { InspectionSummary, ProblemCode, SendState, SpoiltItem, Status } from '../data/api';
import { transact } from '../data/database';
import { UNSENT } from '../data/log';
import type { FieldDatabase } from '../data/schema';
import { setting } from '../data/settings';
import { toldSpoilt } from '../data/spoilt';
import type { Report } from '../sync/machine';

export const FRESH: Status = {
  saved: true,
  waiting: 0,
  waitingPhotos: 0,
  waitingBytes: 0,
  safe: 'sent',
  here: 0,
  problem: null,
  offline: false,
  sending: false,
  signedIn: true,
  clockOffset: null,
  lastSent: null,
};

type Counted = Pick<Status, 'waiting' | 'waitingPhotos' | 'waitingBytes' | 'lastSent'> & {
  stuck: ProblemCode | null;
  /** rows of room still held back */
  reserve: number;
  spoilt: SpoiltItem[];
};

export function count(db: FieldDatabase): Promise<Counted> {
  const { operations, photos, settings, reserve, spoilt, packages, drafts } = db;
  const tables = [operations, photos, settings, reserve, spoilt, packages, drafts];
  return transact(db, 'r', tables, () => countRows(db));
}

async function countRows(db: FieldDatabase): Promise<Counted> {
  const unsent = await db.operations
    .where('state')
    .anyOf([...UNSENT])
    .count();
  const spoilt = await toldSpoilt(db);
  const waiting = unsent + spoilt.filter((item) => item.kind === 'operation').length;
  const photos = await db.photos.where('state').notEqual('stored').toArray();
  const waitingBytes = photos.reduce((sum, photo) => sum + photo.size - photo.offset, 0);
  const lastSent = (await setting(db, 'lastSent')) ?? null;
  const here = new Set(photos.map((photo) => photo.sha256));
  const away = spoilt.filter((item) => item.kind === 'photo' && !here.has(item.sha256 ?? '')).length;
  const counts = { waiting, waitingPhotos: photos.length + away, waitingBytes, lastSent, spoilt };
  const stuck = spoilt.length > 0 ? 'items_spoilt' : await stuckOf(db);
  return { ...counts, stuck, reserve: await db.reserve.count() };
}

async function stuckOf(db: FieldDatabase): Promise<ProblemCode | null> {
  const states = (...names: string[]) => db.operations.where('state').anyOf(names).count();
  if ((await states('refused', 'quarantined')) > 0) return 'items_refused';
  const parked = (await states('parked')) + (await db.photos.where('state').equals('parked').count());
  return parked > 0 ? 'items_parked' : null;
}

export interface Surroundings {
  report: Report;
  online: boolean;
  /** rows of room that should be held back */
  reserveSlots: number;
  photoRefused: boolean;
  summaries: InspectionSummary[];
}

/** What the line, the disk and the counts come to. */
export function assess(counted: Counted, now: Surroundings): Omit<Status, 'saved' | 'sending'> {
  const { stuck, reserve, spoilt: _, ...counts } = counted;
  const full = now.photoRefused || (now.reserveSlots > 0 && reserve === 0);
  const { problem } = now.report;
  return {
    ...counts,
    safe: safety(counted, now.summaries),
    here: now.summaries.length,
    problem: full ? 'storage_full' : worst(now, stuck),
    offline: !now.online || problem === 'unreachable',
    signedIn: problem !== 'signed_out' && problem !== 'device_revoked',
    clockOffset: now.report.clockOffset,
  };
}

function worst(now: Surroundings, stuck: ProblemCode | null): ProblemCode | null {
  // No network is the normal state in the field, not a problem.
  const line = now.report.problem === 'unreachable' ? null : now.report.problem;
  const mismatch = now.summaries.some((it) => it.receiptMismatch) ? 'receipt_mismatch' : null;
  return line ?? stuck ?? mismatch;
}

function safety(counted: Counted, summaries: InspectionSummary[]): SendState {
  if (counted.waiting + counted.waitingPhotos > 0) return 'waiting';
  return summaries.length > 0 && summaries.every((it) => it.send === 'safe') ? 'safe' : 'sent';
}
