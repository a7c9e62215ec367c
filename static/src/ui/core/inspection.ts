/** The inspection that the screens below are about. */
import { type ComputedRef, computed, type InjectionKey, inject, provide, type ShallowRef, watch } from 'vue';
import { scoreSheetId } from '../../domain/ids';
import type { Json } from '../../domain/json';
import {
  type EntityKind,
  entityOf,
  type Folded,
  type FoldedEntity,
  fieldIn,
  isClosed,
  listOf,
  type OnBehalf,
  type Patch,
  seenIn,
  shownValue,
} from '../../domain/operations';
import { taipeiDay } from '../../domain/roc';
import { type Rules, rulesOf } from '../../domain/rules';
import type { Engine, InspectionState, TeamMember } from '../../engine';
import { type Saver, useSaver } from './saver';

export interface Inspection {
  readonly id: string;
  readonly engine: Engine;
  readonly state: Readonly<ShallowRef<InspectionState>>;
  readonly fold: ComputedRef<Folded>;
  readonly team: ComputedRef<TeamMember[]>;
  readonly me: ComputedRef<TeamMember | undefined>;
  readonly isLeader: ComputedRef<boolean>;
  readonly isStaff: ComputedRef<boolean>;
  /** leader and members score; the leader too, as the server's team says */
  readonly scorers: ComputedRef<TeamMember[]>;
  readonly readOnly: ComputedRef<boolean>;
  readonly closed: ComputedRef<boolean>;
  readonly roomCleared: ComputedRef<boolean>;
  /** the rules of the inspection's day */
  readonly rules: ComputedRef<Rules>;
  /** also where the sheet itself is still closed to this person */
  handedIn(account: string): boolean;
  nameOf(account: string): string;
  list(kind: EntityKind): FoldedEntity[];
  value(kind: EntityKind, id: string, field: string): Json;
  edit(kind: EntityKind, id: string, set: Patch, onBehalf?: OnBehalf): Promise<void>;
  /** Deletes, and says of how much of it this person knew: what others add unseen waits for the leader. */
  withdraw(kind: EntityKind, id: string): Promise<void>;
  /** Takes the deletion back. */
  restore(kind: EntityKind, id: string): Promise<void>;
}

const KEY: InjectionKey<Inspection> = Symbol('inspection');

export function provideInspection(
  id: string,
  engine: Engine,
  state: Readonly<ShallowRef<InspectionState>>,
): Inspection {
  const inspection = inspectionOf(id, engine, state);
  provide(KEY, inspection);
  return inspection;
}

export function inspectionOf(
  id: string,
  engine: Engine,
  state: Readonly<ShallowRef<InspectionState>>,
): Inspection {
  const fold = computed(() => state.value.fold);
  const team = computed(() => state.value.package?.visit.team ?? []);
  const me = computed(() => team.value.find((member) => member.account === engine.account.id));
  return {
    id,
    engine,
    state,
    fold,
    team,
    me,
    isLeader: computed(() => me.value?.role === 'leader'),
    isStaff: computed(() => me.value?.role === 'staff'),
    scorers: computed(() => team.value.filter(scores)),
    readOnly: computed(() => state.value.mode === 'reader'),
    closed: computed(() => isClosed(fold.value)),
    roomCleared: computed(
      () => typeof shownValue(entityOf(fold.value, 'visit', id), 'room_cleared_at') === 'string',
    ),
    handedIn: (account) =>
      typeof shownValue(entityOf(fold.value, 'score_sheet', scoreSheetId(id, account)), 'handed_in_at') ===
        'string' || state.value.sheets.some((sheet) => sheet.member === account && sheet.handedIn),
    rules: computed(() => {
      const visit = state.value.package?.visit;
      return rulesOf(visit?.date ?? taipeiDay(Date.now()), visit?.rules as Partial<Rules> | undefined);
    }),
    nameOf: (account) => team.value.find((member) => member.account === account)?.name ?? '其他人員',
    list: (kind) => listOf(fold.value, kind),
    value: (kind, entityId, field) => shownValue(entityOf(fold.value, kind, entityId), field),
    edit: (kind, entityId, set, onBehalf) =>
      engine.edit(id, kind, entityId, set, onBehalf ? { onBehalf } : {}),
    withdraw: (kind, entityId) => {
      const seen = { deleted: seenIn(fold.value, kind, entityId) };
      return engine.edit(id, kind, entityId, { deleted: true }, { seen, merge: true });
    },
    restore: (kind, entityId) => engine.edit(id, kind, entityId, { deleted: false }, { merge: true }),
  };
}

export function useInspection(): Inspection {
  const inspection = inject(KEY);
  if (inspection === undefined) throw new Error('no inspection above this component');
  return inspection;
}

/** Members score; a leader does unless the team says otherwise. */
function scores(member: TeamMember & { scores?: boolean }): boolean {
  return member.role === 'member' || (member.role === 'leader' && member.scores !== false);
}

export interface FormOptions {
  /** What a first patch must carry besides what was typed (kind, role, who noted it). */
  first?: () => Patch;
  onBehalf?: () => OnBehalf | undefined;
}

/** One entity as a form: reads the log, saves patches as they are typed. */
export function useForm(kind: EntityKind, entityId: string, options: FormOptions = {}): Saver {
  const { engine, fold, id } = useInspection();
  const shown = (field: string) => {
    const found = fieldIn(fold.value, kind, entityId, field);
    return { value: found?.value ?? null, operation: found?.operation ?? null };
  };
  const saver = useSaver(shown, async (set, seen) => {
    const first = entityOf(fold.value, kind, entityId) === null ? (options.first?.() ?? {}) : {};
    const onBehalf = options.onBehalf?.();
    await engine.edit(id, kind, entityId, { ...first, ...set }, { seen, ...(onBehalf ? { onBehalf } : {}) });
  });
  watch(fold, () => saver.settle());
  return saver;
}
