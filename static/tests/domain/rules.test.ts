// @vitest-environment node
import { describe, expect, test } from 'vitest';
import {
  alternatives,
  blockOf,
  normaliseCode,
  parseRange,
  rebuild,
  search,
  sentence,
  short,
} from '../../src/domain/catalogue';
import { due, governmentCalendar, overdue, recordDue } from '../../src/domain/deadlines';
import { formatMoney } from '../../src/domain/money';
import { type Charge, pointsStatement, rangeWarnings } from '../../src/domain/points';
import { compactDay, formatDay, parseRoc, shortDay, taipeiDay, taipeiTime } from '../../src/domain/roc';
import { type Rules, rulesOf } from '../../src/domain/rules';
import {
  bareBlocks,
  grade,
  type Progress,
  progressPoints,
  type SheetScores,
  sheetTotal,
  spread,
  type TestResult,
} from '../../src/domain/scoring';
import { shippedPhrases, shippedRows } from './shipped';
import { vectors } from './vectors';

const DAYS: Record<string, string> = { '2016': '2016-01-01', '2023-08-09': '2023-08-09' };
const RULES = rulesOf('2023-08-09');
const ROWS = shippedRows();
const BY_CODE = new Map(ROWS.map((row) => [row.code, row]));

/** The value, or {"error": true} where the rule refuses. */
function orError<T>(work: () => T): T | { error: true } {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return { error: true };
    throw error;
  }
}

describe('scores', () => {
  interface Grade {
    edition: string;
    members: number[];
    tests: TestResult[];
  }
  test.each(vectors<Grade, object>('scoring'))('$name', ({ input, expected }) => {
    const rules = rulesOf(DAYS[input.edition] as string);
    expect(orError(() => grade(input.members, input.tests ?? [], rules))).toEqual(expected);
  });

  /** The rules, with the case's own maxima of the sheet. */
  function rulesWith({ maxima = {} }: { maxima?: Record<string, number> }): Rules {
    const { items, indicators } = RULES.score_sheet;
    const most = <T extends { field: string; max?: number }>(line: T): T => ({
      ...line,
      max: maxima[line.field] ?? line.max,
    });
    return { ...RULES, score_sheet: { items: items.map(most), indicators: indicators.map(most) } };
  }
  interface Sheet {
    scores: SheetScores;
    maxima?: Record<string, number>;
  }
  test.each(vectors<Sheet, object>('sheets'))('sheet: $name', ({ input, expected }) => {
    expect(orError(() => sheetTotal(input.scores, rulesWith(input)))).toEqual(expected);
  });

  type Gap = Progress & { maxima?: Record<string, number> };
  test.each(vectors<Gap, object>('progress'))('progress: $name', ({ input, expected }) => {
    const { low, high, proposed } = progressPoints(input, rulesWith(input));
    expect({ low, high, proposed }).toEqual(expected);
  });

  test.each(vectors<{ members: number[] }, object>('spread'))('spread: $name', ({ input, expected }) => {
    expect(orError(() => spread(input.members, RULES))).toEqual(expected);
  });

  test('a block with points and nothing said is named', () => {
    expect(bareBlocks({ q_owner: 4, w_safety: 8, p: 17, env: 80 }, ['W'])).toEqual(['Q', 'P']);
  });
});

describe("the city's own values", () => {
  test('what the package says goes before what was shipped', () => {
    const own = rulesOf('2026-11-23', { forced_judgements: { ...RULES.forced_judgements, score: 60 } });
    expect(grade([80], [{ kind: 'safety', result: 'fail' }], own).score).toBe(60);
    expect(grade([80], [{ kind: 'concrete_core', result: 'fail' }], own).score).toBe(69);
    expect(rulesOf('2026-11-23', {})).toEqual(rulesOf('2026-11-23'));
  });
});

describe('points', () => {
  interface Penalty {
    procurement_amount: number;
    findings: Charge[];
    contract_amount?: number;
    supervision_contract_amount?: number;
    pcm_contract_amount?: number;
    cap_ratio?: number | null;
    multipliers?: Record<string, number>;
    rates?: Record<string, number>;
  }
  function statementOf(input: Penalty) {
    const { contract_amount: contractor, supervision_contract_amount: supervision } = input;
    const amounts = { contractor, supervision, pcm: input.pcm_contract_amount };
    const known = Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== undefined));
    return pointsStatement(input.findings, { ...input, amounts: known }, RULES);
  }

  test.each(vectors<Penalty, object[]>('lines'))('lines: $name', ({ input, expected }) => {
    expect(statementOf(input).contractor.lines).toEqual(expected);
  });

  test.each(vectors<Penalty, Record<string, object>>('penalties'))('$name', ({ input, expected }) => {
    const found = orError(() => statementOf(input));
    if ('error' in found) {
      expect(found).toEqual(expected);
      return;
    }
    const plain = Object.fromEntries(
      Object.entries(found).map(([party, { points, rate, amount, capped, lines }]) => {
        expect(lines.reduce((sum, line) => sum + line.amount, 0)).toBe(amount);
        return [party, { points, rate, amount, capped }];
      }),
    );
    expect({ ...plain, warnings: rangeWarnings(input.findings, ROWS) }).toEqual(expected);
  });
});

describe('deadlines', () => {
  interface Deadline {
    start: string;
    working_days: number;
    count_first_day?: boolean;
    closures?: string[];
  }
  test.each(vectors<Deadline, unknown>('deadlines'))('$name', ({ input, expected }) => {
    const calendar = governmentCalendar(input.closures ?? []);
    const found = orError(
      () => due(input.start, input.working_days, calendar, RULES, input.count_first_day).due,
    );
    expect(found).toEqual(expected);
  });

  test('the record has seven working days', () => {
    expect(recordDue('2024-03-04', governmentCalendar(), RULES).due).toBe('2024-03-13');
  });

  test.each(vectors<{ deadline: string; on: string }, object>('ladder'))(
    'ladder: $name',
    ({ input, expected }) => {
      const { days, step } = overdue(input.deadline, input.on, RULES);
      expect({ days, step }).toEqual(expected);
    },
  );

  test('each step of the ladder has its words', () => {
    expect(overdue('2026-11-20', '2026-11-21', RULES).label).toBe('逾期稽催');
    expect(overdue('2026-11-20', '2026-11-01', RULES).label).toBe('期限內');
  });
});

describe('the catalogue', () => {
  test.each(vectors<{ query: string }, string>('search'))('search: $name', ({ input, expected }) => {
    const found = search(ROWS, input.query, shippedPhrases()).slice(0, 5);
    expect(found.map((row) => row.code)).toContain(expected);
  });

  test.each(vectors<{ query: string }, string[]>('search_order'))('order: $name', ({ input, expected }) => {
    const found = search(ROWS, input.query, shippedPhrases()).map((row) => row.code);
    expect(found.slice(0, expected.length)).toEqual(expected);
    if (expected.length === 0) expect(found).toEqual([]);
  });

  test.each(vectors<{ code: string }, string | null>('blocks'))('block: $name', ({ input, expected }) => {
    expect(blockOf(input.code)).toBe(expected);
  });

  test.each(vectors<{ typed: string }, string | null>('codes'))('code: $name', ({ input, expected }) => {
    expect(normaliseCode(input.typed)).toBe(expected);
  });

  test.each(vectors<{ text: string; ticks: number[] }, object>('alternatives'))(
    '$name',
    ({ input, expected }) => {
      const parts = alternatives(input.text);
      expect(rebuild(parts)).toBe(input.text);
      expect({
        lead: parts.lead,
        options: parts.options.map((option) => option.text),
        sentence: sentence(input.text, input.ticks),
        short: short(input.text),
      }).toEqual(expected);
    },
  );

  interface Printed {
    kind: string;
    parent: string;
    range: [number, number, boolean] | null;
    ticks: number;
  }
  test.each(vectors<{ code: string }, Printed>('table'))('row: $name', ({ input, expected }) => {
    const row = BY_CODE.get(input.code);
    if (row === undefined) throw new Error(`no row ${input.code}`);
    const range = parseRange(row.range);
    expect({
      kind: row.kind,
      parent: row.parent,
      range: range && [range.low, range.high, range.either],
      ticks: alternatives(row.text).options.length,
    }).toEqual(expected);
  });

  test('every printed text can be rebuilt', () => {
    for (const { text } of ROWS) expect(rebuild(alternatives(text))).toBe(text);
  });

  test.each(vectors<{ text: string }, unknown>('ranges'))('range: $name', ({ input, expected }) => {
    const found = orError(() => parseRange(input.text));
    expect(found !== null && 'low' in found ? [found.low, found.high, found.either] : found).toEqual(
      expected,
    );
  });
});

describe('dates and money', () => {
  interface DateCase {
    parse?: string;
    date?: string;
    moment?: string;
  }
  test.each(vectors<DateCase, unknown>('dates'))('$name', ({ input, expected }) => {
    if (input.parse !== undefined) expect(parseRoc(input.parse) ?? { error: true }).toEqual(expected);
    else if (input.date !== undefined) expect(written(input.date)).toEqual(expected);
    else expect(inTaipei(input.moment as string)).toEqual(expected);
  });

  const written = (day: string) => ({ long: formatDay(day), short: shortDay(day), compact: compactDay(day) });
  const inTaipei = (moment: string) => ({ date: taipeiDay(moment), time: taipeiTime(moment) });

  const amounts = vectors<{ amount?: number }, { money: string }>('money').filter(
    ({ input }) => input.amount !== undefined,
  );
  test.each(amounts)('$name', ({ input, expected }) => {
    expect(formatMoney(input.amount as number)).toBe(expected.money);
  });
});
