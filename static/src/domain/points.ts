/** Penalty points and money: a statement per party in which every line is explained. Whole points, whole NT$. */
import { normaliseCode } from './catalogue/codes';
import { outside, parseRange } from './catalogue/ranges';
import { formatMoney } from './money';
import type { Rules } from './rules';

export const PARTIES = ['owner', 'contractor', 'supervision', 'pcm'] as const;
export type Party = (typeof PARTIES)[number];

/** The agreed points of one finding; "also" charges the same points to that party, its own number overrides. */
export interface Charge {
  code: string;
  party: Party;
  points: number;
  also_supervision?: boolean;
  also_pcm?: boolean;
  supervision_points?: number | null;
  pcm_points?: number | null;
}

/** `amounts`: contract amounts in NT$ by party. `cap_ratio`: share of the contract, such as 0.2. `multipliers`: contractor only. */
export interface ContractTerms {
  procurement_amount: number;
  amounts?: Partial<Record<Party, number>>;
  cap_ratio?: number | null;
  multipliers?: Record<string, number>;
  rates?: Partial<Record<Party, number>>;
}

export interface Line {
  /** null for the line that the cap takes off */
  code: string | null;
  text: string;
  base_points: number;
  multiplier: number;
  points: number;
  amount: number;
}

export interface Statement {
  party: Party;
  points: number;
  rate: number;
  amount: number;
  capped: boolean;
  lines: Line[];
}

/** The statements of all four parties. RangeError for points or an amount below 0. */
export function pointsStatement(
  charges: Charge[],
  contract: ContractTerms,
  rules: Rules,
): Record<Party, Statement> {
  for (const charge of charges) check(charge);
  const known = charges.map((charge) => ({ ...charge, code: canonical(charge.code) }));
  const terms = { ...contract, multipliers: canonicalKeys(contract.multipliers ?? {}) };
  const rates = ratesOf(contract, rules);
  const entries = PARTIES.map((party) => [party, statement(party, rates[party], known, terms)]);
  return Object.fromEntries(entries) as Record<Party, Statement>;
}

/** However it was typed: 50101 is 5.01.01. */
const canonical = (code: string): string => normaliseCode(code) ?? code;

const canonicalKeys = (multipliers: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(multipliers).map(([code, factor]) => [canonical(code), factor]));

function check({ code, points, supervision_points, pcm_points }: Charge): void {
  const bad = [points, supervision_points, pcm_points].find(
    (it) => it !== null && it !== undefined && it < 0,
  );
  if (bad !== undefined) throw new RangeError(`${code}: ${bad}`);
}

function ratesOf(contract: ContractTerms, rules: Rules): Record<Party, number> {
  const band = rules.rates.find((line) => contract.procurement_amount >= line.from);
  if (band === undefined) throw new RangeError(`amount: ${contract.procurement_amount}`);
  const { contractor, supervision, pcm } = band;
  return { contractor, supervision, pcm, ...contract.rates, owner: 0 };
}

function statement(party: Party, rate: number, charges: Charge[], contract: ContractTerms): Statement {
  const lines = charges
    .map((charge) => lineOf(party, rate, charge, contract))
    .filter((line) => line !== null);
  const points = lines.reduce((sum, line) => sum + line.points, 0);
  const owed = lines.reduce((sum, line) => sum + line.amount, 0);
  const limit = capOf(party, contract);
  if (limit === null || owed <= limit) return { party, points, rate, amount: owed, capped: false, lines };
  const text = `超過上限 ${formatMoney(limit)} 的部分不計`;
  const over = { code: null, text, base_points: 0, multiplier: 1, points: 0, amount: limit - owed };
  return { party, points, rate, amount: limit, capped: true, lines: [...lines, over] };
}

/** The most that a party owes: a share of its own contract, whole NT$ downwards; null without share or amount. */
export function capOf(party: Party, { amounts, cap_ratio: ratio }: ContractTerms): number | null {
  const amount = amounts?.[party];
  if (amount === undefined || ratio === null || ratio === undefined) return null;
  return share(amount, ratio);
}

/** amount × ratio in whole NT$ downwards, exact: the ratio is taken as its decimal digits, never as a float. */
function share(amount: number, ratio: number): number {
  const [whole = '0', decimals = ''] = ratio.toFixed(9).split('.');
  const parts = BigInt(whole + decimals);
  return Number((BigInt(amount) * parts) / 10n ** BigInt(decimals.length));
}

function lineOf(party: Party, rate: number, charge: Charge, contract: ContractTerms): Line | null {
  const base = pointsOf(charge, party);
  if (base === null) return null;
  const multiplier = party === 'contractor' ? (contract.multipliers?.[charge.code] ?? 1) : 1;
  const points = base * multiplier;
  const amount = points * rate;
  const times = multiplier === 1 ? '' : ` × ${multiplier} 倍`;
  const text = `${charge.code}：${base} 點${times} × ${formatMoney(rate)} = ${formatMoney(amount)}`;
  return { code: charge.code, text, base_points: base, multiplier, points, amount };
}

/** The points that a finding charges to a party, before any multiplier; null when it does not charge that party. */
export function pointsOf(charge: Charge, party: Party): number | null {
  if (charge.party === party) return charge.points;
  if (party === 'supervision' && charge.also_supervision) return charge.supervision_points ?? charge.points;
  if (party === 'pcm' && charge.also_pcm) return charge.pcm_points ?? charge.points;
  return null;
}

/** Codes whose points lie outside the printed range, or that the edition does not know: a warning, never a bar. */
export function rangeWarnings(charges: Charge[], rows: { code: string; range: string }[]): string[] {
  const byCode = new Map(rows.map((row) => [row.code, row]));
  return charges
    .filter(({ code, points }) => isUnusual(byCode.get(canonical(code)), points))
    .map((charge) => charge.code);
}

const isUnusual = (row: { range: string } | undefined, points: number): boolean =>
  row === undefined || outside(points, parseRange(row.range));
