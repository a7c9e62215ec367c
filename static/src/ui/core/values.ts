/** Values of the log in words, for conflicts, late and refused items. */
import type { Json } from '../../domain/json';
import { longDate, moment } from './dates';
import {
  ASPECTS,
  ATTENDANCE,
  fieldWord,
  JUDGEMENTS,
  KINDS,
  PARTIES,
  percentText,
  SEVERITIES,
  TESTS,
  textOf,
  USES,
} from './words';

const LISTS: Record<string, readonly { value: string; text: string }[]> = {
  severity: SEVERITIES,
  agreed_severity: SEVERITIES,
  party: PARTIES,
  agreed_party: PARTIES,
  aspect: ASPECTS,
  role: ATTENDANCE,
  use: USES,
};

const isBlank = (value: Json): boolean =>
  value === null || (Array.isArray(value) && value.length === 0) || value === '';

export function valueWord(field: string, value: Json, nameOf: (account: string) => string): string {
  if (isBlank(value)) return '（空白）';
  if (typeof value === 'boolean') return booleanWord(field, value);
  if (typeof value === 'number') return field.endsWith('_bp') ? `${percentText(value)}%` : String(value);
  if (Array.isArray(value))
    return value.map((it) => (typeof it === 'number' ? `第 ${it + 1} 項` : String(it))).join('、');
  if (typeof value === 'object') return '（資料）';
  return textWord(field, value, nameOf);
}

function textWord(field: string, value: string, nameOf: (account: string) => string): string {
  if (field === 'noted_by') return nameOf(value);
  if (field === 'kind') return textOf([...KINDS, ...TESTS, ...JUDGEMENTS], value);
  const list = LISTS[field];
  if (list) return textOf(list, value);
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return moment(value);
  return /^\d{4}-\d\d-\d\d$/.test(value) ? longDate(value) : value;
}

function booleanWord(field: string, value: boolean): string {
  if (field === 'deleted') return value ? '刪除' : '保留';
  if (field === 'present') return value ? '出席' : '缺席';
  return value ? '是' : '否';
}

/** Milliseconds of a stamp (`<12 hex of ms>-<counter>`). */
export const saidTime = (stamp: string): number => Number.parseInt(stamp.slice(0, 12), 16);

/** 內容：蜂窩；缺失情節：中等. Nothing for a field that was left empty, or that only says what anybody sees. */
export function patchWords(set: Record<string, Json>, nameOf: (account: string) => string): string {
  const shown = Object.entries(set).filter(
    ([field, value]) =>
      !HIDDEN.has(field) && !(NEW.has(field) && (isBlank(value) || value === false || value === 'evidence')),
  );
  return shown.map(([field, value]) => `${fieldWord(field)}：${valueWord(field, value, nameOf)}`).join('；');
}

/** Fields that say nothing as they are when something is new. */
const NEW = new Set(['caption', 'retake', 'taken_at', 'lat_e7', 'lon_e7', 'accuracy_m', 'use', 'ticks']);
const HIDDEN = new Set([
  'sha256',
  'size',
  'type',
  'width',
  'height',
  'strokes',
  'frontier',
  'digest',
  'finding',
]);
