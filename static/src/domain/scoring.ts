/** Scores and grades on the tablet: the member's sheet, the mean, forced 丙等, the progress rule. Whole numbers only. */
import type { Rules } from './rules';

export type SheetScores = Record<string, number | null | undefined>;

export interface SheetTotal {
  q: number;
  w: number;
  p: number;
  total: number;
  /** fields without a number yet */
  missing: string[];
}

/** Q + W + P of a sheet; blank fields count nothing and are named. RangeError names a field out of range. */
export function sheetTotal(scores: SheetScores, rules: Rules): SheetTotal {
  const { items } = rules.score_sheet;
  const sums = { Q: 0, W: 0, P: 0 };
  for (const item of items) sums[item.block] += inRange(scores[item.field] ?? 0, item.max, item.field);
  const missing = items.map((item) => item.field).filter((field) => (scores[field] ?? null) === null);
  return { q: sums.Q, w: sums.W, p: sums.P, total: sums.Q + sums.W + sums.P, missing };
}

function inRange(points: number, max: number, field: string): number {
  if (!Number.isInteger(points) || points < 0 || points > max) throw new RangeError(`${field}: ${points}`);
  return points;
}

export interface TestResult {
  kind: string;
  result: 'pass' | 'fail' | 'pending';
}

export interface Grading {
  score: number | null;
  grade: string | null;
  withheld: boolean;
  /** two decimals, halves up */
  raw_mean: string;
  raw_score: number;
}

/** The team's score from the members' totals (0-100) and the tests; withheld while a test is pending and the raw score is 70 or more. */
export function grade(members: number[], tests: TestResult[], rules: Rules): Grading {
  if (members.length === 0) throw new RangeError('no member');
  for (const total of members) inRange(total, 100, 'total');
  for (const { kind } of tests) if (!isForcing(kind, rules)) throw new RangeError(`unknown test: ${kind}`);
  const sum = members.reduce((all, total) => all + total, 0);
  const raw = halfUp(sum, members.length);
  const { score, withheld } = decide(raw, tests, rules);
  const shown = withheld ? { score: null, grade: null } : { score, grade: gradeOf(score, rules) };
  return { ...shown, withheld, raw_mean: decimals(sum, members.length), raw_score: raw };
}

/** sum / count, halves up. */
export const halfUp = (sum: number, count: number): number => Math.floor((2 * sum + count) / (2 * count));

function decimals(sum: number, count: number): string {
  const hundredths = halfUp(sum * 100, count);
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
}

const isForcing = (kind: string, rules: Rules): boolean =>
  Object.hasOwn(rules.forced_tests.kinds, kind) || Object.hasOwn(rules.forced_judgements.kinds, kind);

/** A failure decides at once, also while another test is pending; a raw score below the threshold stays. */
function decide(raw: number, tests: TestResult[], rules: Rules): { score: number; withheld: boolean } {
  const failed = tests.filter((test) => test.result === 'fail').map((test) => test.kind);
  const reaches = raw >= rules.forced_tests.from;
  if (failed.length > 0) return { score: reaches ? forcedScore(failed, rules) : raw, withheld: false };
  const pending = tests.some((test) => test.result === 'pending');
  return { score: raw, withheld: pending && reaches };
}

function forcedScore(failed: string[], rules: Rules): number {
  const byTest = failed.some((kind) => Object.hasOwn(rules.forced_tests.kinds, kind));
  return byTest ? rules.forced_tests.score : rules.forced_judgements.score;
}

/** 優等, 甲等, 乙等 or 丙等. */
export function gradeOf(score: number, rules: Rules): string {
  return rules.grades.find((band) => score >= band.from)?.grade ?? '';
}

export interface Spread {
  low: number;
  high: number;
  range: number;
  wide: boolean;
}

/** How far the members lie apart; a reason to look, never a change of the score. RangeError for no member. */
export function spread(members: number[], rules: Rules): Spread {
  if (members.length === 0) throw new RangeError('no member');
  const [low, high] = [Math.min(...members), Math.max(...members)];
  return { low, high, range: high - low, wide: high - low > rules.spread_hint };
}

/** The site's progress in basis points (100 = 1 %), and what the member found about it. */
export interface Progress {
  planned_bp: number | null;
  actual_bp: number | null;
  basis?: boolean;
  at_fault?: boolean;
  handled?: boolean;
  measures?: boolean;
}

export type ProgressStep =
  | 'no_basis'
  | 'ahead'
  | 'blameless_unhandled'
  | 'behind'
  | 'behind_far'
  | 'measures';

export interface ProgressPoints {
  low: number;
  high: number;
  proposed: number;
  steps: ProgressStep[];
}

/** P starts at its base; each finding moves it by a span. The proposal takes the smallest step of each; the member may enter any other. */
export function progressPoints(progress: Progress, { progress: rule, score_sheet }: Rules): ProgressPoints {
  const sheet = score_sheet.items.filter(({ block }) => block === 'P').reduce((sum, { max }) => sum + max, 0);
  const most = Math.min(rule.max, sheet);
  const steps = progressSteps(progress, rule);
  const spans = steps.map((step) => rule[step]);
  const moved = (pick: (span: [number, number]) => number): number =>
    Math.max(0, Math.min(most, rule.base + spans.reduce((sum, span) => sum + pick(span), 0)));
  return { low: moved(([low]) => low), high: moved(([, high]) => high), proposed: moved(nearest), steps };
}

const nearest = ([low, high]: [number, number]): number => (Math.abs(high) < Math.abs(low) ? high : low);

function progressSteps(progress: Progress, rule: Rules['progress']): ProgressStep[] {
  const { planned_bp: planned, actual_bp: actual, basis = true, measures = false } = progress;
  const steps: ProgressStep[] = basis ? [] : ['no_basis'];
  if (planned !== null && actual !== null) steps.push(...gapSteps(progress, actual - planned, rule));
  return measures ? [...steps, 'measures'] : steps;
}

function gapSteps(progress: Progress, gap: number, rule: Rules['progress']): ProgressStep[] {
  const { at_fault: atFault = true, handled = false } = progress;
  if (gap > rule.ahead_over_bp) return ['ahead'];
  if (gap < 0 && !atFault) return handled ? [] : ['blameless_unhandled'];
  if (gap < -rule.behind_far_over_bp) return ['behind_far'];
  return gap <= -rule.behind_from_bp ? ['behind'] : [];
}

/** Blocks with points but without a merit, defect or comment: remind, never block. */
export function bareBlocks(scores: SheetScores, told: string[]): string[] {
  const used = Object.entries(scores)
    .filter(([name, points]) => (points ?? null) !== null && /^(q_|w_|p)/.test(name))
    .map(([name]) => name.charAt(0).toUpperCase());
  return ['Q', 'W', 'P'].filter((block) => used.includes(block) && !told.includes(block));
}
