/** The member's sheet on the screen: blocks, what they come to, and the rule for P. */
import type { Json } from '../../domain/json';
import type { Rules } from '../../domain/rules';
import { type ProgressStep, sheetTotal } from '../../domain/scoring';

export const BLOCKS = [
  { value: 'Q', text: '品質管理制度', comment: 'comment_q' },
  { value: 'W', text: '施工品質', comment: 'comment_w' },
  { value: 'P', text: '施工進度', comment: 'comment_p' },
] as const;

export interface Totals {
  Q: number;
  W: number;
  P: number;
  T: number;
  max: { Q: number; W: number; P: number; T: number };
  /** labels without a number */
  missing: string[];
}

/** Blank fields count nothing and are named; the five indicators never enter. */
export function totalsOf(value: (field: string) => Json, rules: Rules): Totals {
  const { items } = rules.score_sheet;
  const scores = Object.fromEntries(items.map(({ field }) => [field, scoreOf(value(field))]));
  const { q, w, p, total, missing } = sheetTotal(scores, rules);
  const max = { Q: 0, W: 0, P: 0, T: 0 };
  for (const item of items) {
    max[item.block] += item.max;
    max.T += item.max;
  }
  const named = items.filter((item) => missing.includes(item.field)).map((item) => item.label);
  return { Q: q, W: w, P: p, T: total, max, missing: named };
}

const scoreOf = (value: Json): number | null => (typeof value === 'number' ? value : null);

const WORDS: Record<ProgressStep, string> = {
  no_basis: '未訂進度計算基準',
  ahead: '進度超前',
  blameless_unhandled: '非可歸責落後，未積極處理',
  behind: '可歸責落後',
  behind_far: '可歸責落後超過',
  measures: '有效對策',
};

/** 可歸責落後：扣 1 至 3 分. */
export function stepText(step: ProgressStep, rules: Rules): string {
  const span = rules.progress[step];
  const [low, high] = span.map(Math.abs).sort((one, other) => one - other);
  const far = step === 'behind_far' ? ` ${rules.progress.behind_far_over_bp / 100}%` : '';
  return `${WORDS[step]}${far}：${span[0] < 0 ? '扣' : '加'} ${low} 至 ${high} 分`;
}
