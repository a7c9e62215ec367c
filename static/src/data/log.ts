/**
 * The replica of the log and the outbox in it. All functions run inside the caller's transaction, so nothing but
 * IndexedDB is awaited here.
 */
import Dexie from 'dexie';
import { nextHlc } from '../domain/hlc';
import { type Json, sameJson } from '../domain/json';
import {
  type Base,
  entityOf,
  type Folded,
  type FoldedField,
  fold,
  type Logged,
  type OnBehalf,
  type Operation,
  operationText,
  type Patch,
  photosOf,
  present,
  refusal,
  SCHEMA,
  type Team,
} from '../domain/operations';
import type { EntityKind } from '../domain/operations/operation';
import type { EditOptions } from './api';
import { EngineError } from './errors';
import type { OperationRow, OperationState } from './rows';
import type { FieldDatabase } from './schema';
import { lastSpoilt } from './spoilt';

/** Own operations that the server has not acknowledged. */
export const UNSENT: readonly OperationState[] = ['draft', 'offered', 'parked'];
/** A draft's place until it is frozen: after everything that this device numbered. */
const UNNUMBERED = 2 ** 52;

export const rowsOf = (db: FieldDatabase, inspection: string): PromiseLike<OperationRow[]> =>
  db.operations.where('inspection').equals(inspection).toArray();

/** Refused, also while it is offered again to a restored server: it stays beside the state. */
export const isRefused = (row: OperationRow): boolean => row.state === 'refused' || row.status === 'refused';

/** What the device folds: everything but what was refused. */
export function foldRows(rows: OperationRow[], team: Team): Folded {
  return fold(rows.filter((row) => !isRefused(row)).map(logged), team);
}

function logged(row: OperationRow): Logged {
  const read = present(row.operation);
  const operation = row.seq === 0 ? { ...read, seq: UNNUMBERED } : read;
  return { operation, stamp: row.stamp ?? row.operation.hlc };
}

/** Who writes, as whom, and when. */
export interface Writer {
  account: string;
  device: string;
  team: Team;
  now: number;
  newId: () => string;
}

export interface Edit {
  inspection: string;
  entity: EntityKind;
  entityId: string;
  set: Patch;
  options: EditOptions;
}

/** What an edit changed, for undo. */
export interface Edited {
  row: OperationRow;
  before: Patch;
}

/** Adds a patch to the log, folded into the entity's unsent draft where there is one. null when nothing would change. */
export async function addPatch(db: FieldDatabase, writer: Writer, edit: Edit): Promise<Edited | null> {
  const rows = await rowsOf(db, edit.inspection);
  const state = foldRows(rows, writer.team);
  const shown = entityOf(state, edit.entity, edit.entityId)?.fields ?? {};
  const set = changed(shown, edit);
  if (Object.keys(set).length === 0) return null;
  const draft = rows.find((row) => mayTake(row, edit, writer));
  const operation = patchOf(rows, shown, writer, { ...edit, set }, draft && present(draft.operation));
  reject(operation, writer.team);
  const row = draftRow(operation);
  await db.operations.put(row);
  return { row, before: previous(shown, set) };
}

function changed(shown: Record<string, FoldedField>, edit: Edit): Patch {
  const differs = ([name, value]: [string, Json]) => !sameJson(shown[name]?.value ?? null, value);
  return Object.fromEntries(
    Object.entries(edit.set).filter((entry) => edit.options.merge === true || differs(entry)),
  );
}

const previous = (shown: Record<string, FoldedField>, set: Patch): Patch =>
  Object.fromEntries(Object.keys(set).map((name) => [name, shown[name]?.value ?? null]));

function mayTake(row: OperationRow, edit: Edit, writer: Writer): boolean {
  const { operation } = row;
  const same = operation.entity === edit.entity && operation.entity_id === edit.entityId;
  return (
    row.state === 'draft' &&
    same &&
    operation.device === writer.device &&
    operation.author === writer.account &&
    sameJson(asJson(operation.on_behalf), asJson(edit.options.onBehalf))
  );
}

const asJson = (behalf: OnBehalf | null | undefined) =>
  behalf ? { member: behalf.member, photo: behalf.photo } : null;

function patchOf(
  rows: OperationRow[],
  shown: Record<string, FoldedField>,
  writer: Writer,
  edit: Edit,
  draft: Operation | undefined,
): Operation {
  const id = draft?.id ?? writer.newId();
  const base = baseOf(shown, edit, draft, id);
  return {
    id,
    device: writer.device,
    seq: 0,
    inspection: edit.inspection,
    entity: edit.entity,
    entity_id: edit.entityId,
    set: { ...draft?.set, ...edit.set },
    base: { ...draft?.base, ...base },
    hlc: nextHlc(latest(rows), writer.now),
    author: writer.account,
    schema: SCHEMA,
    on_behalf: edit.options.onBehalf ?? null,
  };
}

/** The latest reading known here: an edit comes after everything that its author could have seen. */
function latest(rows: OperationRow[]): string | null {
  return rows.reduce<string | null>((last, row) => {
    const at = row.stamp ?? row.operation.hlc;
    return last === null || at > last ? at : last;
  }, null);
}

function baseOf(
  shown: Record<string, FoldedField>,
  edit: Edit,
  draft: Operation | undefined,
  ownId: string,
): Base {
  const entries = Object.keys(edit.set).map((name) => {
    const replaced = new Set([...seenBy(shown[name], name, edit.options), ...heldBase(draft, name)]);
    replaced.delete(ownId);
    return [name, asBase([...replaced])] as const;
  });
  return Object.fromEntries(entries);
}

function seenBy(field: FoldedField | undefined, name: string, options: EditOptions): string[] {
  const seen = options.seen?.[name];
  if (seen !== undefined) return seen === null ? [] : [seen].flat();
  if (field === undefined) return [];
  return options.merge === true
    ? [field.operation, ...field.others.map((it) => it.operation)]
    : [field.operation];
}

function heldBase(draft: Operation | undefined, name: string): string[] {
  const held = draft?.base[name];
  if (held === undefined || held === null) return [];
  return typeof held === 'string' ? [held] : held;
}

export const asBase = (ids: string[]): string | string[] | null => (ids.length > 1 ? ids : (ids[0] ?? null));

function reject(operation: Operation, team: Team): void {
  const why = refusal({ ...operation, seq: UNNUMBERED }, team);
  if (why !== null) throw new EngineError(why.code, why.field);
}

export function draftRow(operation: Operation): OperationRow {
  const { id, inspection, device } = operation;
  const own = {
    id,
    inspection,
    device,
    seq: 0,
    state: 'draft' as const,
    operation,
    photos: photosOf(operation),
  };
  return {
    ...own,
    text: null,
    n: null,
    stamp: null,
    received: null,
    status: null,
    code: null,
    tries: 0,
    notBefore: 0,
  };
}

/** Gives drafts of one inspection their numbers and freezes their bytes, in the order of their clocks. */
export async function freeze(db: FieldDatabase, drafts: OperationRow[]): Promise<OperationRow[]> {
  const [first] = drafts;
  if (first === undefined) return [];
  let seq = await lastSeq(db, first.inspection, first.device);
  const ordered = [...drafts].sort((one, other) => (one.operation.hlc < other.operation.hlc ? -1 : 1));
  const frozen = ordered.map((row) => frozenRow(row, ++seq));
  await db.operations.bulkPut(frozen);
  return frozen;
}

function frozenRow(row: OperationRow, seq: number): OperationRow {
  const operation = { ...row.operation, seq };
  return { ...row, seq, operation, text: operationText(operation), state: 'offered' };
}

async function lastSeq(db: FieldDatabase, inspection: string, device: string): Promise<number> {
  const last = await db.operations
    .where('[inspection+device+seq]')
    .between([inspection, device, Dexie.minKey], [inspection, device, Dexie.maxKey])
    .last();
  return Math.max(last?.seq ?? 0, await lastSpoilt(db, inspection, device));
}
