/** From rows to what the screens show. */
import type { BesideOperation, InspectionState, InspectionSummary, LocalPhoto, SendState } from '../data/api';
import { transact } from '../data/database';
import { foldRows, isRefused, rowsOf } from '../data/log';
import type { OperationRow, PhotoRow, ReceiptRow, Setting } from '../data/rows';
import type { FieldDatabase } from '../data/schema';
import { setting } from '../data/settings';
import { isOf, lostWork, type Spoilt } from '../data/spoilt';
import { isClosed, listOf, type Team, undecided } from '../domain/operations';
import { teamOf } from './team';

const NOBODY: Team = { leader: '', members: [], staff: [] };
const UNSENT = new Set(['draft', 'offered', 'parked']);

export interface View {
  state: Omit<InspectionState, 'mode' | 'canUndo'>;
  summary: InspectionSummary | null;
}

export async function readInspection(db: FieldDatabase, id: string): Promise<View> {
  const { operations, photos, packages, receipts, settings, spoilt } = db;
  const [rows, pictures, pack, receipt, sheets, lost] = await transact(
    db,
    'r',
    [operations, photos, packages, receipts, settings, spoilt],
    () =>
      Promise.all([
        rowsOf(db, id),
        photos.where('inspections').equals(id).toArray(),
        packages.get(id),
        receipts.get(id),
        setting(db, 'sheets'),
        lostWork(db),
      ]),
  );
  const team = pack === undefined ? NOBODY : teamOf(pack.package);
  const fold = foldRows(rows, team);
  const spoiltPhotos = new Set(pictures.map((photo) => photo.sha256));
  const here = lost.filter(isOf(id));
  const open = here.filter((row) => !row.settled && !spoiltPhotos.has(row.key));
  const waiting = waitingOf(rows, pictures) + open.length;
  const send = sendState(rows, waiting, receipt, here.some(isNumbered));
  const state = {
    id,
    package: pack?.package ?? null,
    fold,
    beside: besideOf(rows),
    photos: pictures.map(localPhoto),
    sheets: sheetsOf(id, sheets ?? []),
    waiting,
    send,
    receipt: receipt?.check ?? null,
  };
  return { state, summary: summaryOf(state) };
}

function sheetsOf(id: string, sheets: Setting['sheets']): InspectionState['sheets'] {
  const own = sheets.filter((sheet) => sheet.inspection === id);
  return own.map(({ member, handed_in: handedIn, late = false }) => ({ member, handedIn, late }));
}

function waitingOf(rows: OperationRow[], photos: PhotoRow[]): number {
  const unsent = rows.filter((row) => UNSENT.has(row.state)).length;
  return unsent + photos.filter((photo) => photo.state !== 'stored').length;
}

/** An operation that was frozen: should the server never have got it, only a later number would show the gap. */
const isNumbered = ({ table, plain }: Spoilt): boolean => table === 'operations' && Number(plain.seq) > 0;

/** Safe means: the server signed for everything that this device has sent, to the last number; also where that is nothing. */
export function sendState(
  rows: OperationRow[],
  waiting: number,
  receipt: ReceiptRow | undefined,
  lost: boolean,
): SendState {
  if (waiting > 0) return 'waiting';
  if (lost) return 'sent';
  const own = rows.filter((row) => row.text !== null && row.state === 'acknowledged');
  const through = own.reduce((last, row) => Math.max(last, row.seq), 0);
  if (through === 0) return 'safe';
  const covered = receipt?.check.complete === true && receipt.check.matches;
  return covered && receipt.receipt.operations.through >= through ? 'safe' : 'sent';
}

const kindOf = (row: OperationRow): BesideOperation['kind'] =>
  isRefused(row) ? 'refused' : (row.state as BesideOperation['kind']);

const KINDS = new Set(['refused', 'quarantined', 'parked']);

function besideOf(rows: OperationRow[]): BesideOperation[] {
  return rows
    .filter((row) => row.text !== null && (KINDS.has(row.state) || isRefused(row)))
    .map((row) => ({ operation: row.operation, kind: kindOf(row), code: row.code ?? '' }));
}

function localPhoto({ sha256, size, type, width, height, state, offset, reason }: PhotoRow): LocalPhoto {
  return { sha256, size, type, width, height, state, offset, reason };
}

function summaryOf(state: View['state']): InspectionSummary | null {
  if (state.package === null) return null;
  return {
    id: state.id,
    package: state.package,
    findings: listOf(state.fold, 'finding').length,
    waiting: state.waiting,
    refused: state.beside.filter((item) => item.kind === 'refused').length,
    conflicts: undecided(state.fold).length,
    send: state.send,
    closed: isClosed(state.fold),
    receiptMismatch: state.receipt?.complete === true && !state.receipt.matches,
  };
}
