/** What waits for a decision here: values side by side, things deleted unseen, and what came after the closing. */
import { type ComputedRef, computed } from 'vue';
import { lateDecisionId } from '../../domain/ids';
import {
  type EntityKind,
  entityOf,
  type Folded,
  type Logged,
  shownValue,
  undecided,
  type Withdrawn,
  withdrawn,
} from '../../domain/operations';
import type { Inspection } from '../core/inspection';
import { entityWord } from '../core/words';

export interface Waiting {
  /** [entity, entity id, field] */
  readonly torn: ComputedRef<Folded['conflicts']>;
  readonly gone: ComputedRef<Withdrawn[]>;
  /** late operations, also those that the leader left out */
  readonly late: ComputedRef<Logged[]>;
  /** of these, the ones about which nobody has decided */
  readonly undecidedLate: ComputedRef<Logged[]>;
}

export function useWaiting({ id, fold, value }: Pick<Inspection, 'id' | 'fold' | 'value'>): Waiting {
  const late = computed(() => {
    const ids = new Set(fold.value.late);
    return fold.value.log.filter(({ operation }) => ids.has(operation.id));
  });
  const open = ({ operation }: Logged): boolean =>
    value('late_decision', lateDecisionId(id, operation.id), 'decision') === null;
  return {
    torn: computed(() => undecided(fold.value)),
    gone: computed(() => withdrawn(fold.value)),
    late,
    undecidedLate: computed(() => late.value.filter(open)),
  };
}

/** 缺失 5.01.01; a photo by the finding that it belongs to. `said`: what tells of something that the record does not hold. */
export function titleOf(fold: Folded, kind: string, id: string, said: Record<string, unknown> = {}): string {
  const found = entityOf(fold, kind as EntityKind, id);
  const name = ['code', 'name', 'item', 'text']
    .map((field) => shownValue(found, field) ?? said[field])
    .find((it) => typeof it === 'string' && it !== '');
  const title = [entityWord(kind), typeof name === 'string' ? short(name) : ''].filter(Boolean).join(' ');
  const of = shownValue(found, 'finding');
  return kind === 'photo' && typeof of === 'string' ? `${titleOf(fold, 'finding', of)}的照片` : title;
}

const short = (name: string): string => (name.length > 30 ? `${name.slice(0, 30)}…` : name);
