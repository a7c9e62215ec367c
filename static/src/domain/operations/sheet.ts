/** What a visit's score sheet takes at most in each field: a rule with an effective date, so the fold is told it. */
import { maxima, newestRules } from '../rules';
import { own } from './fields';
import type { Operation, Team } from './operation';

const SHIPPED = maxima(newestRules().score_sheet);

/** The field of a score sheet that is above what the visit's form gives; null when none is, or for other entities. */
export function overSheet({ entity, set }: Operation, { sheet = {} }: Team): string | null {
  if (entity !== 'score_sheet') return null;
  const most = (name: string): number => own(sheet, name) ?? own(SHIPPED, name) ?? Number.POSITIVE_INFINITY;
  return Object.keys(set).find((name) => Number(set[name] ?? 0) > most(name)) ?? null;
}
