/** Reading a folded state. */
import type { Json } from '../json';
import { compare } from './identity';
import type { EntityKind, Folded, FoldedEntity, FoldedField, Logged } from './operation';

export function entityOf(state: Folded, entity: EntityKind, id: string): FoldedEntity | null {
  return state.entities[`${entity}:${id}`] ?? null;
}

export function fieldIn(state: Folded, entity: EntityKind, id: string, field: string): FoldedField | null {
  return entityOf(state, entity, id)?.fields[field] ?? null;
}

export function shownValue(entity: FoldedEntity | null, field: string): Json {
  return entity?.fields[field]?.value ?? null;
}

/** Entities of a kind without the deleted ones, by id (UUIDv7 ids: in the order of their making). */
export const listOf = (state: Folded, kind: EntityKind): FoldedEntity[] =>
  entitiesOf(state, kind).filter((entity) => shownValue(entity, 'deleted') !== true);

/** The same with the deleted ones. */
export function entitiesOf(state: Folded, kind: EntityKind): FoldedEntity[] {
  return Object.values(state.entities)
    .filter((entity) => entity.entity === kind)
    .sort((one, other) => compare(one.id, other.id));
}

export type Fate = 'applied' | 'conflict' | 'late' | 'refused';

/** What became of an operation. */
export function fateOf(state: Folded, operation: string): Fate {
  if (Object.hasOwn(state.refused, operation)) return 'refused';
  if (state.late.includes(operation)) return 'late';
  return contested(state).has(operation) ? 'conflict' : 'applied';
}

function contested(state: Folded): Set<string> {
  const fields = state.conflicts.map(
    ([entity, id, field]) => state.entities[`${entity}:${id}`]?.fields[field],
  );
  return new Set(
    fields.flatMap((field) => (field ? [field.operation, ...field.others.map((it) => it.operation)] : [])),
  );
}

/** Every operation on an entity in the order of the fold, also the late and refused ones. */
export function historyOf(state: Folded, entity: EntityKind, id: string): (Logged & { fate: Fate })[] {
  return state.log
    .filter(({ operation }) => operation.entity === entity && operation.entity_id === id)
    .map((item) => ({ ...item, fate: fateOf(state, item.operation.id) }));
}

/** Whether the inspection stands closed. */
export function isClosed(state: Folded): boolean {
  const [closing] = listOf(state, 'closing');
  return closing !== undefined && shownValue(closing, 'closed_at') !== null;
}
