/** The fold: pure, deterministic, independent of order, repetition and batches (docs/sync-protocol.md, "The fold"). */
import { lateDecisionId } from '../ids';
import { sameJson } from '../json';
import { coversOf } from './covers';
import { compare, contentHash, type Frontier, inside } from './identity';
import type {
  Attributed,
  EntityKind,
  Folded,
  FoldedEntity,
  FoldedField,
  Logged,
  Operation,
  Team,
} from './operation';
import { validate } from './validation';

type Entities = Record<string, FoldedEntity>;
type Index = Map<string, { entity: string; id: string; field: string; items: Logged[] }>;

// What a closing does not cover: these may come at any time.
const FREE = new Set(['signature', 'closing', 'late_decision']);

export function fold(logged: Iterable<Logged>, team: Team): Folded {
  const { log, reused } = once(logged);
  const refused = refusals(log, team);
  const placed = log.filter((item) => !Object.hasOwn(refused, item.operation.id));
  const late = lateOf(placed, team);
  const index = byField(placed.filter((item) => !late.has(item.operation.id)));
  const entities = folded(index, byField(placed.filter((item) => late.has(item.operation.id))));
  return {
    entities,
    late: sorted(late),
    refused,
    conflicts: conflicts(entities),
    reused: sorted(reused),
    log,
  };
}

const sorted = (ids: Set<string>): string[] => [...ids].sort(compare);

/** The highest is shown: stamp, device, seq; the id only for a device that counted twice. */
export function order(one: Logged, other: Logged): number {
  const [a, b] = [one.operation, other.operation];
  return (
    compare(one.stamp, other.stamp) || compare(a.device, b.device) || a.seq - b.seq || compare(a.id, b.id)
  );
}

/** Each id once, with its lowest stamp (the server's bound); ids that stand for two contents. */
function once(logged: Iterable<Logged>): { log: Logged[]; reused: Set<string> } {
  const first = new Map<string, Logged>();
  const reused = new Set<string>();
  for (const item of logged) {
    const known = first.get(item.operation.id);
    if (known !== undefined && contentHash(known.operation) !== contentHash(item.operation))
      reused.add(item.operation.id);
    if (known === undefined || earlier(item, known)) first.set(item.operation.id, item);
  }
  return { log: [...first.values()].sort(order), reused };
}

function earlier(one: Logged, other: Logged): boolean {
  const byStamp = compare(one.stamp, other.stamp);
  return (byStamp || compare(contentHash(one.operation), contentHash(other.operation))) < 0;
}

function refusals(log: Logged[], team: Team): Record<string, string> {
  const codes = log.map(({ operation }) => [operation.id, validate(operation, team)] as const);
  return Object.fromEntries(codes.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Ids outside the shown frontiers that the leader has not accepted. */
function lateOf(placed: Logged[], team: Team): Set<string> {
  const free = folded(byField(placed.filter((item) => FREE.has(item.operation.entity))), new Map());
  const late = placed.filter(({ operation }) => outside(operation, free, team) && !accepted(operation, free));
  return new Set(late.map((item) => item.operation.id));
}

function outside(operation: Operation, free: Entities, team: Team): boolean {
  if (FREE.has(operation.entity)) return false;
  return coversOf(operation, team).some((key) => {
    const frontier = shownFrontier(free[key]);
    return frontier !== null && !inside(operation, frontier);
  });
}

function shownFrontier(entity: FoldedEntity | undefined): Frontier | null {
  if (entity === undefined || entity.fields.deleted?.value === true) return null;
  return (entity.fields.frontier?.value as Frontier | null | undefined) ?? null;
}

function accepted(operation: Operation, free: Entities): boolean {
  const decision = free[`late_decision:${lateDecisionId(operation.inspection, operation.id)}`];
  return decision?.fields.decision?.value === 'accept';
}

function byField(items: Logged[]): Index {
  const index: Index = new Map();
  for (const item of items) {
    const { entity, entity_id: id, set } = item.operation;
    for (const field of Object.keys(set)) {
      const key = `${entity}:${id}:${field}`;
      const place = index.get(key) ?? { entity, id, field, items: [] };
      place.items.push(item);
      index.set(key, place);
    }
  }
  return index;
}

function folded(index: Index, late: Index): Entities {
  const entities: Entities = {};
  for (const [key, { entity, id, field, items }] of index) {
    const place = `${entity}:${id}`;
    entities[place] ??= { entity: entity as EntityKind, id, fields: {} };
    entities[place].fields[field] = foldedField(field, items, late.get(key)?.items ?? []);
  }
  return entities;
}

function foldedField(field: string, items: Logged[], late: Logged[]): FoldedField {
  const shown = items.reduce((best, item) => (order(item, best) > 0 ? item : best));
  const others = items.length === 1 ? [] : othersOf(field, shown, items, late);
  return { ...attributed(field, shown), onBehalf: forAnother(shown.operation), others };
}

function attributed(field: string, { operation, stamp }: Logged): Attributed {
  return { value: operation.set[field] ?? null, operation: operation.id, author: operation.author, stamp };
}

const forAnother = ({ on_behalf, author }: Operation): boolean =>
  on_behalf !== null && on_behalf.member !== author;

/** The heads (what no applied operation replaced) whose value is another than the shown one, latest first. */
function othersOf(field: string, shown: Logged, items: Logged[], late: Logged[]): Attributed[] {
  const replaced = replacedBy(field, items, late);
  const value = shown.operation.set[field] ?? null;
  return items
    .filter(({ operation }) => !replaced.has(operation.id) && !sameJson(operation.set[field] ?? null, value))
    .sort((one, other) => order(other, one))
    .map((item) => attributed(field, item));
}

/** Ids that the applied operations reach through `base`, also through late ones. */
function replacedBy(field: string, items: Logged[], late: Logged[]): Set<string> {
  const bridges = new Map(late.map((item) => [item.operation.id, item.operation]));
  const waiting = items.flatMap((item) => bases(item.operation, field));
  const found = new Set<string>();
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    if (found.has(current)) continue;
    found.add(current);
    const bridge = bridges.get(current);
    if (bridge !== undefined) waiting.push(...bases(bridge, field));
  }
  return found;
}

/** The ids that the operation replaces in a field: none, one, or several after a merge. */
export function bases(operation: Operation, field: string): string[] {
  const base = Object.hasOwn(operation.base, field) ? operation.base[field] : null;
  if (base === null || base === undefined) return [];
  return typeof base === 'string' ? [base] : base;
}

function conflicts(entities: Entities): [string, string, string][] {
  const found: [string, string, string][] = [];
  for (const { entity, id, fields } of Object.values(entities))
    for (const [field, value] of Object.entries(fields))
      if (value.others.length > 0) found.push([entity, id, field]);
  return found.sort((one, other) => compare(one.join('\n'), other.join('\n')));
}
