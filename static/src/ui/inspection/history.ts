/** Earlier issued inspections of the tender, as the package tells them. */
import type { Json } from '../../domain/json';
import { longDate } from '../core/dates';
import { numberIn, textIn } from '../core/facts';
import { SEVERITIES, textOf } from '../core/words';

export interface Earlier {
  key: string;
  title: string;
  findings: string[];
}

type Fields = Record<string, Json>;
const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function historyOf(history: Json[]): Earlier[] {
  return history.filter(isFields).map((earlier) => ({
    key: textIn(earlier, 'inspection'),
    title: titleOf(earlier),
    findings: (Array.isArray(earlier.findings) ? earlier.findings : []).filter(isFields).map(lineOf),
  }));
}

function titleOf(earlier: Fields): string {
  const date = textIn(earlier, 'date');
  const score = numberIn(earlier, 'score');
  const grade = textIn(earlier, 'grade');
  return [date && longDate(date), score === null ? '' : `${score} 分${grade && ` ${grade}`}`]
    .filter(Boolean)
    .join('，');
}

function lineOf(finding: Fields): string {
  return [textIn(finding, 'code'), textOf(SEVERITIES, finding.severity), textIn(finding, 'text')]
    .filter(Boolean)
    .join(' ');
}
