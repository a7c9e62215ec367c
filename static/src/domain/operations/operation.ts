import type { Json } from '../json';

export type EntityKind =
  | 'visit'
  | 'attendance'
  | 'finding'
  | 'merit'
  | 'photo'
  | 'test'
  | 'judgement'
  | 'score_sheet'
  | 'signature'
  | 'closing'
  | 'late_decision';

export type Patch = Record<string, Json>;
/** Per field: the operation that the patch replaces, null when the field was empty, several when a conflict was merged. */
export type Base = Record<string, string | string[] | null>;

/** Staff entering what a member wrote on paper (代登); `photo` is the SHA-256 of the signed paper. */
export interface OnBehalf {
  member: string;
  photo: string;
}

/** A patch of one entity, as it travels. Never edited once offered. */
export interface Operation {
  id: string;
  device: string;
  seq: number;
  inspection: string;
  entity: string;
  entity_id: string;
  set: Patch;
  base: Base;
  hlc: string;
  author: string;
  schema: number;
  on_behalf: OnBehalf | null;
}

/** An operation in a replica's log; an unsent one of this device has its own clock as stamp. */
export interface Logged {
  operation: Operation;
  stamp: string;
}

/** Who may do what in this inspection; account ids. */
export interface Team {
  leader: string;
  /** who score; the leader too, where the leader scores */
  members: string[];
  staff: string[];
  /** field -> most points, where the visit's score sheet differs from the shipped one */
  sheet?: Record<string, number>;
}

/** A value that stands or stood in a field, and where it comes from. */
export interface Attributed {
  value: Json;
  operation: string;
  author: string;
  stamp: string;
}

export interface FoldedField extends Attributed {
  /** staff entered it (代登); the member has yet to confirm */
  onBehalf: boolean;
  /** values in conflict with the shown one, latest first */
  others: Attributed[];
}

export interface FoldedEntity {
  entity: EntityKind;
  id: string;
  fields: Record<string, FoldedField>;
}

/** What people see of an inspection. Entities are keyed `<entity>:<id>`. */
export interface Folded {
  entities: Record<string, FoldedEntity>;
  /** ids of operations that wait for the leader, sorted */
  late: string[];
  /** operation id -> code; these never enter the state */
  refused: Record<string, string>;
  /** [entity, entity id, field] where several values stand */
  conflicts: [string, string, string][];
  /** ids that came with two contents (an alarm; the one with the lowest stamp counts) */
  reused: string[];
  /** every operation once, in the order of the fold */
  log: Logged[];
}
