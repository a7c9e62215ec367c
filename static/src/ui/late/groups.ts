/** What came late, as the leader thinks of it: a finding with its photos and its words is one thing, by one person. */
import type { Json } from '../../domain/json';
import {
  type EntityKind,
  entityOf,
  type Folded,
  type FoldedEntity,
  type Logged,
  shownValue,
} from '../../domain/operations';
import { titleOf } from './waiting';

export interface LateGroup {
  key: string;
  title: string;
  author: string;
  /** words first, then photos */
  items: Logged[];
  /** what stands now where these would change something; empty for what is new */
  now: Record<string, Json>;
  /** deleted before this came */
  deleted: boolean;
}

export function groupsOf(fold: Folded, late: readonly Logged[]): LateGroup[] {
  const found = new Map<string, Logged[]>();
  for (const item of late) {
    const key = [...rootOf(fold, late, item), item.operation.author].join(' ');
    found.set(key, [...(found.get(key) ?? []), item]);
  }
  return [...found].map(([key, items]) => group(fold, key, items));
}

/** A photo goes with its finding, also where only the late operations tell which one that is. */
function rootOf(fold: Folded, late: readonly Logged[], { operation }: Logged): [string, string] {
  const { entity, entity_id: id } = operation;
  if (entity !== 'photo') return [entity, id];
  const told = late.find((it) => it.operation.entity_id === id && 'finding' in it.operation.set);
  const finding = shownValue(entityOf(fold, 'photo', id), 'finding') ?? told?.operation.set.finding;
  return typeof finding === 'string' ? ['finding', finding] : [entity, id];
}

function group(fold: Folded, key: string, found: Logged[]): LateGroup {
  const [kind, id, author] = key.split(' ') as [EntityKind, string, string];
  const items = [...found].sort((one, other) => Number(isPhoto(one)) - Number(isPhoto(other)));
  const there = entityOf(fold, kind, id);
  const own = items.filter(({ operation }) => operation.entity === kind);
  const said = Object.assign({}, ...own.map(({ operation }) => operation.set)) as Record<string, Json>;
  return {
    key,
    title: titleOf(fold, kind, id, said),
    author,
    items,
    now: there === null ? {} : standing(there, Object.keys(said)),
    deleted: shownValue(there, 'deleted') === true,
  };
}

const isPhoto = ({ operation }: Logged): boolean => operation.entity === 'photo';

const standing = (entity: FoldedEntity, fields: string[]): Record<string, Json> =>
  Object.fromEntries(
    fields
      .filter((field) => field !== 'deleted')
      .map((field) => [field, shownValue(entity, field)] as const)
      .filter(([, value]) => value !== null && value !== ''),
  );
