/** The one table of entities and fields: types, ranges, who may write (docs/sync-protocol.md section 2). */
import { isWhole, type Json } from '../json';

const LONGEST_TEXT = 200_000;
const SHA256 = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?Z$/;
const LONE_SURROGATE = /[\ud800-\udfff]/u;

export type Check = (value: unknown) => boolean;

/** `check` judges a value that is not null; a `required` field cannot be emptied by null. */
export interface Field {
  check: Check;
  leader: boolean;
  required: boolean;
}

export const isUuid: Check = (value) => typeof value === 'string' && UUID.test(value);
export const isSha256: Check = (value) => typeof value === 'string' && SHA256.test(value);
export const isBool: Check = (value) => typeof value === 'boolean';

/** A text that has a UTF-8 form, at most LONGEST_TEXT characters. */
export const isText: Check = (value) =>
  typeof value === 'string' && !LONE_SURROGATE.test(value) && characters(value) <= LONGEST_TEXT;

const characters = (value: string): number =>
  value.length <= LONGEST_TEXT ? value.length : Array.from(value).length;

/** A real day as YYYY-MM-DD. */
export const isDay: Check = (value) => typeof value === 'string' && isRealDay(DAY.exec(value));

function isRealDay(parts: RegExpExecArray | null): boolean {
  if (parts === null || Number(parts[1]) < 1) return false;
  const day = new Date(`${parts[0]}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.getUTCDate() === Number(parts[3]);
}

/** A real moment in UTC as ISO text that ends in Z. */
export const isMoment: Check = (value) => {
  const parts = typeof value === 'string' ? MOMENT.exec(value) : null;
  if (parts === null || !isDay(parts[1])) return false;
  return Number(parts[2]) < 24 && Number(parts[3]) < 60 && Number(parts[4] ?? 0) < 60;
};

export const between =
  (low: number, high: number): Check =>
  (value) =>
    isWhole(value) && low <= value && value <= high;

export const oneOf = (choices: string): Check => {
  const allowed = new Set<unknown>(choices.split(' '));
  return (value) => allowed.has(value);
};

/** A list of different alternative indexes, 0-99. */
export const isTicks: Check = (value) =>
  Array.isArray(value) && value.every(between(0, 99)) && new Set(value).size === value.length;

/** {device: seq}, seq from 0. */
export const isFrontier: Check = (value) =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).every(isUuid) &&
  Object.values(value).every(between(0, 2 ** 53));

export const ATTENDANCE_ROLES =
  'owner_head owner_handler supervision_head supervision_engineer contractor_engineer contractor_qc ' +
  'contractor_site_head contractor_safety pcm integrity other';
export const JUDGEMENTS = 'main_structure main_material safety';

const field = (check: Check): Field => ({ check, leader: false, required: false });
const leader = (check: Check): Field => ({ check, leader: true, required: false });
const required = (of: Field): Field => ({ ...of, required: true });

const party = oneOf('owner supervision contractor pcm');
const severity = oneOf('L M S');
const points = between(0, 1000);
const basisPoints = between(0, 10_000);
const size = between(0, 2 ** 53);
const percent = between(0, 100);

export const ENTITIES: Record<string, Record<string, Field>> = {
  visit: {
    arrived_at: field(isMoment),
    weather: field(isText),
    progress_planned_bp: field(basisPoints),
    progress_actual_bp: field(basisPoints),
    works_now: field(isText),
    room_cleared_at: leader(isMoment),
    improvement_deadline: leader(isDay),
    points_agreed: leader(isBool),
    remarks: field(isText),
  },
  attendance: {
    role: required(field(oneOf(ATTENDANCE_ROLES))),
    name: field(isText),
    title: field(isText),
    organisation: field(isText),
    present: field(isBool),
    absence_reason: field(isText),
    deleted: field(isBool),
  },
  finding: {
    kind: required(field(oneOf('defect design advice'))),
    code: field(isText),
    ticks: field(isTicks),
    text: field(isText),
    severity: field(severity),
    party: field(party),
    location: field(isText),
    aspect: field(oneOf('safety constructability maintainability')),
    noted_by: field(isText),
    deleted: field(isBool),
    agreed_severity: leader(severity),
    agreed_party: leader(party),
    points: leader(points),
    also_supervision: leader(isBool),
    also_pcm: leader(isBool),
    // null: the same as `points`
    supervision_points: leader(points),
    pcm_points: leader(points),
    agreed: leader(isBool),
  },
  merit: { code: field(isText), text: field(isText), deleted: field(isBool) },
  photo: {
    sha256: required(field(isSha256)),
    size: field(size),
    type: field(isText),
    width: field(size),
    height: field(size),
    taken_at: field(isMoment),
    lat_e7: field(between(-900_000_000, 900_000_000)),
    lon_e7: field(between(-1_800_000_000, 1_800_000_000)),
    accuracy_m: field(size),
    caption: field(isText),
    finding: field(isUuid),
    use: field(oneOf('evidence site signed_paper score_paper')),
    retake: field(isBool),
    deleted: field(isBool),
  },
  test: {
    kind: required(field(oneOf('concrete_core asphalt_core subgrade_compaction rebar other'))),
    item: field(isText),
    place: field(isText),
    quantity: field(isText),
    method: field(isText),
    laboratory: field(isText),
    deleted: field(isBool),
  },
  judgement: {
    kind: required(leader(oneOf(JUDGEMENTS))),
    failed: leader(isBool),
    reason: leader(isText),
  },
  score_sheet: {
    q_owner: field(percent), // the most of each is a rule: see sheet.ts
    q_supervision: field(percent),
    q_contractor: field(percent),
    w_structure: field(percent),
    w_materials: field(percent),
    w_safety: field(percent),
    p: field(percent),
    comment_q: field(isText),
    comment_w: field(isText),
    comment_p: field(isText),
    progress_basis: field(isText),
    env: field(percent),
    safety: field(percent),
    strength: field(percent),
    looks: field(percent),
    function: field(percent),
    handed_in_at: field(isMoment),
  },
  signature: {
    name: field(isText),
    role: field(isText),
    strokes: field(isText),
    photo: field(isSha256),
    signed_at: field(isMoment),
    frontier: field(isFrontier),
    digest: field(isSha256),
  },
  closing: {
    frontier: leader(isFrontier),
    digest: leader(isSha256),
    closed_at: leader(isMoment),
    deleted: leader(isBool),
  },
  late_decision: {
    operation: required(leader(isUuid)),
    decision: required(leader(oneOf('accept reject'))),
    reason: leader(isText),
  },
};

/** The check of a field by name, for forms; undefined for a field that does not exist. */
export function fieldOf(entity: string, name: string): Field | undefined {
  return own(own(ENTITIES, entity) ?? {}, name);
}

/** A member of a record by a name from outside (`constructor` is not one). */
export function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export const fits = (of: Field, value: Json): boolean => (value === null ? !of.required : of.check(value));
