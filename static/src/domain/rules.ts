/** Rules as data with an effective date: the same file that the server reads. The rules of the inspection's day count. */
import data from '../../../inspect_app/domain/data/rules.json';

export interface SheetItem {
  field: string;
  block: 'Q' | 'W' | 'P';
  label: string;
  max: number;
}

export interface ScoreSheet {
  items: SheetItem[];
  /** `max` is missing in packages of an older server: 100 */
  indicators: { field: string; label: string; max?: number }[];
}

export interface RateBand {
  from: number;
  label: string;
  contractor: number;
  supervision: number;
  pcm: number;
}

/** [low, high] of points added or taken off */
type Span = [number, number];

export interface Rules {
  grades: { from: number; grade: string }[];
  forced_tests: { from: number; score: number; kinds: Record<string, string> };
  forced_judgements: { score: number; kinds: Record<string, string> };
  score_sheet: ScoreSheet;
  progress: {
    base: number;
    max: number;
    no_basis: Span;
    ahead_over_bp: number;
    ahead: Span;
    blameless_unhandled: Span;
    behind_from_bp: number;
    behind: Span;
    behind_far_over_bp: number;
    behind_far: Span;
    measures: Span;
  };
  spread_hint: number;
  rates: RateBand[];
  count_first_day: boolean;
  record_days: number;
  overdue_ladder: { after: number; step: string; text: string }[];
}

interface Version {
  from: string;
  value: unknown;
}

/**
 * The rules of a day (YYYY-MM-DD); before a setting's first version, the first. `own`: what the visit's package says of
 * the city's own values. RangeError before the first known edition.
 */
export function rulesOf(day: string, own: Partial<Rules> = {}): Rules {
  if (!data.editions.some((edition) => edition.effective <= day))
    throw new RangeError(`no rules known for ${day}`);
  const resolved = Object.entries(data.settings as Record<string, Version[]>).map(([name, versions]) => [
    name,
    inForce(versions, day)?.value,
  ]);
  return { ...(Object.fromEntries(resolved) as Rules), ...own };
}

/** The rules of the newest shipped edition. */
export const newestRules = (): Rules => rulesOf(data.editions.at(-1)?.effective ?? '');

/** The most that each field of a score sheet takes, the side indicators among them. */
export function maxima({ items, indicators }: ScoreSheet): Record<string, number> {
  return Object.fromEntries([...items, ...indicators].map(({ field, max = 100 }) => [field, max]));
}

function inForce(versions: Version[], day: string): Version | undefined {
  return versions.filter((version) => version.from <= day).at(-1) ?? versions[0];
}
