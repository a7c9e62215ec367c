/** What waits for a decision in a folded state; the twin of inspect_app/domain/operations/deciding.py (tests/vectors/deciding.json). */
import { bases, order } from './fold';
import { compare } from './identity';
import type { EntityKind, Folded, FoldedEntity, Logged } from './operation';
import { entityOf, listOf, shownValue } from './state';

/** A deleted entity that holds more than its deleter is known to have seen. */
export interface Withdrawn {
  entity: EntityKind;
  id: string;
  by: string;
  stamp: string;
  /** ids of others' operations in it, photos of a finding included, in the fold's order */
  unseen: string[];
}

const WITHDRAWABLE = new Set<string>(['attendance', 'finding', 'merit', 'test']);
/** Each is one act: the later one counts, there is nothing to choose. */
const ACTS = new Set(['signature', 'closing', 'late_decision']);

const isGone = (entity: FoldedEntity | null): boolean => shownValue(entity, 'deleted') === true;

/** The conflicts about which somebody has to decide, without those of what is deleted: [entity, id, field], sorted. */
export function undecided(state: Folded): Folded['conflicts'] {
  return state.conflicts.filter(
    ([entity, id, field]) =>
      !ACTS.has(entity) && (field === 'deleted' || !isGone(entityOf(state, entity as EntityKind, id))),
  );
}

/** By kind and id. A deletion names in its `base` everything that its author saw of the entity. */
export function withdrawn(state: Folded): Withdrawn[] {
  const gone = Object.values(state.entities).filter((it) => WITHDRAWABLE.has(it.entity) && isGone(it));
  if (gone.length === 0) return [];
  const log = new Map(state.log.map((item) => [item.operation.id, item]));
  return gone
    .sort((one, other) => compare(one.entity, other.entity) || compare(one.id, other.id))
    .map((entity) => withdrawnOf(state, log, entity))
    .filter((it) => it.unseen.length > 0);
}

/** Every operation that shows in the entity now: what somebody who deletes it has seen. */
export function seenIn(state: Folded, kind: EntityKind, id: string): string[] {
  const entity = entityOf(state, kind, id);
  if (entity === null) return [];
  const deletion = entity.fields.deleted;
  const standing = deletion ? [deletion, ...deletion.others].map((it) => it.operation) : [];
  return [...new Set([...standing, ...writtenIn(entity), ...picturesOf(state, id)])];
}

function withdrawnOf(state: Folded, log: Map<string, Logged>, entity: FoldedEntity): Withdrawn {
  const { operation: id, author: by, stamp } = entity.fields.deleted as FoldedEntity['fields'][string];
  const deletion = (log.get(id) as Logged).operation;
  const seen = new Set(bases(deletion, 'deleted'));
  const written = new Set([...writtenIn(entity), ...picturesOf(state, entity.id)]);
  const unseen = [...written]
    .filter((key) => !seen.has(key))
    .map((key) => log.get(key) as Logged)
    .filter((item) => item.operation.device !== deletion.device)
    .sort(order);
  return { entity: entity.entity, id: entity.id, by, stamp, unseen: unseen.map((it) => it.operation.id) };
}

function writtenIn(entity: FoldedEntity): string[] {
  return Object.entries(entity.fields)
    .filter(([name]) => name !== 'deleted')
    .flatMap(([, field]) => [field.operation, ...field.others.map((it) => it.operation)]);
}

/** The operations that put a photo to the finding. */
function picturesOf(state: Folded, finding: string): string[] {
  return listOf(state, 'photo')
    .filter((photo) => shownValue(photo, 'finding') === finding)
    .map((photo) => (photo.fields.finding as FoldedEntity['fields'][string]).operation);
}
