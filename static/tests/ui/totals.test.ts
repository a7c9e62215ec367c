import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/domain/json';
import type { FoldedEntity } from '../../src/domain/operations';
import { rulesOf } from '../../src/domain/rules';
import type { Status } from '../../src/engine';
import { daysAfter, isoDay, longDate, moment, workingDaysUntil } from '../../src/ui/core/dates';
import { stripText } from '../../src/ui/core/strip';
import { partyTotals } from '../../src/ui/points/totals';
import { stepText, totalsOf } from '../../src/ui/score/sheet';
import { pathOf, viewBoxOf } from '../../src/ui/signatures/strokes';
import { sorted, visitLines } from '../../src/ui/visits/lines';

const finding = (fields: Record<string, Json>): FoldedEntity => ({
  entity: 'finding',
  id: 'f',
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      { value, operation: 'o', author: 'a', stamp: 's', onBehalf: false, others: [] },
    ]),
  ),
});

const rules = rulesOf('2026-11-23');

describe('the sheet', () => {
  const full = {
    q_owner: 4,
    q_supervision: 4,
    q_contractor: 8,
    w_structure: 31,
    w_materials: 8,
    w_safety: 7,
    p: 14,
  };
  const of = (scores: Record<string, Json>) => totalsOf((field) => scores[field] ?? null, rules);

  test('Q, W, P and T; the maxima are 20, 60, 20 and 100', () => {
    expect(of(full)).toEqual({
      Q: 16,
      W: 46,
      P: 14,
      T: 76,
      max: { Q: 20, W: 60, P: 20, T: 100 },
      missing: [],
    });
  });
  test('the five indicators never enter the total', () => {
    expect(of({ ...full, env: 90, safety: 90, strength: 90, looks: 90, function: 90 }).T).toBe(76);
  });
  test('a zero is a score, a blank is missing and named', () => {
    expect(of({ ...full, p: 0 }).missing).toEqual([]);
    expect(of({ ...full, p: null }).missing).toEqual(['施工進度']);
  });
  test('the steps of the progress rule in words, from the rules as data', () => {
    expect(stepText('behind', rules)).toBe('可歸責落後：扣 1 至 3 分');
    expect(stepText('behind_far', rules)).toBe('可歸責落後超過 10%：扣 3 至 17 分');
    expect(stepText('measures', rules)).toBe('有效對策：加 1 至 2 分');
  });
});

describe('points by party', () => {
  const points = (rows: Record<string, Json>[]) =>
    Object.fromEntries(partyTotals(rows.map(finding)).map((it) => [it.value, [it.findings, it.points]]));

  test('"also" charges the same points; only what is agreed counts', () => {
    expect(
      points([
        { agreed: true, agreed_party: 'contractor', points: 3, also_supervision: true, also_pcm: true },
        { agreed: true, agreed_party: 'supervision', points: 2, also_supervision: true },
        { agreed: false, agreed_party: 'contractor', points: 9 },
      ]),
    ).toEqual({ contractor: [1, 3], supervision: [2, 5], owner: [0, 0], pcm: [1, 3] });
  });
});

describe('dates', () => {
  test('the ROC calendar and Taipei time, whatever the zone of the device', () => {
    expect(longDate('2026-11-23')).toBe('民國115年11月23日（一）');
    expect(moment('2026-11-23T06:05:00Z')).toBe('11月23日（一）14:05');
    expect(isoDay(Date.parse('2026-11-22T16:30:00Z'))).toBe('2026-11-23');
  });
  test('working days after the visit, the last one counted, holidays taken off', () => {
    expect(workingDaysUntil('2026-11-23', '2026-11-30')).toEqual({ days: 5, covered: true });
    expect(workingDaysUntil('2026-11-20', '2026-11-22').days).toBe(0);
    // 2026-12-25 is Constitution Day, a Friday.
    expect(workingDaysUntil('2026-12-21', '2026-12-28').days).toBe(4);
    expect(daysAfter('2026-12-25', 14)).toBe('2027-01-08');
  });
});

describe('the strip', () => {
  const calm: Status = {
    saved: true,
    waiting: 0,
    waitingPhotos: 0,
    waitingBytes: 0,
    safe: 'sent',
    here: 1,
    problem: null,
    offline: false,
    sending: false,
    signedIn: true,
    clockOffset: null,
    lastSent: null,
  };
  const said = (change: Partial<Status>, saving = false) => stripText({ ...calm, ...change }, saving);

  test('the most urgent thing first', () => {
    expect(said({ safe: 'safe' }).text).toBe('伺服器已收妥');
    expect(said({ waiting: 3, waitingPhotos: 2 }).text).toBe('已存在本機，等待傳送 3 筆、照片 2 張');
    expect(said({ waiting: 3 }, true).text).toBe('儲存中');
    expect(said({ waiting: 3, saved: false }).text).toBe('儲存中');
    expect(said({ waiting: 3, problem: 'storage_full' }).tone).toBe('bad');
    expect(stripText(calm, true, true)).toMatchObject({ tone: 'bad', text: '有資料沒存成，請看紅字' });
  });
  test('a device on which nothing is never says that all was sent', () => {
    expect(said({ here: 0 }).text).toBe('這台裝置沒有等待傳送的資料');
  });
  test('offline is a state of the line, not a problem', () => {
    const shown = said({ waiting: 1, offline: true, problem: 'unreachable' });
    expect([shown.tone, shown.detail]).toEqual(['wait', '離線']);
  });
});

describe('signatures', () => {
  test('strokes as whole-number path data with the box around them', () => {
    const path = pathOf([
      {
        points: [
          { x: 1.4, y: 2 },
          { x: 30, y: 40.6 },
        ],
      },
      { points: [{ x: 5, y: 5 }] },
    ]);
    expect(path).toBe('M1 2L30 41M5 5l1 0');
    expect(viewBoxOf(path)).toBe('-5 -4 41 51');
  });
});

describe('the list of visits', () => {
  test('before release a line knows date and district only', () => {
    const [line] = visitLines(
      [
        {
          inspection: 'i',
          version: 1,
          phase: 'before',
          date: '2026-11-26',
          district: '三民區',
          role: 'member',
        },
      ],
      [],
    );
    expect(line).toEqual({
      id: 'i',
      role: 'member',
      date: '2026-11-26',
      district: '三民區',
      released: false,
      tender: null,
      agency: null,
      place: null,
      summary: null,
      newer: false,
    });
  });
  test('today and what comes first, then the last two weeks; older ones only with work on this device', () => {
    const offer = (date: string, phase: 'before' | 'released' = 'released') => ({
      inspection: date,
      version: 1,
      phase,
      date,
      district: null,
      role: 'member',
    });
    const days = ['2024-03-14', '2026-11-08', '2026-11-09', '2026-11-20', '2026-11-23', '2026-11-30'];
    const { todo, past } = sorted(
      visitLines([...days.map((day) => offer(day)), offer('2026-12-01', 'before')], []),
      '2026-11-23',
    );
    expect(todo.map((line) => line.date)).toEqual([
      '2026-11-23',
      '2026-11-30',
      '2026-12-01',
      '2026-11-20',
      '2026-11-09',
    ]);
    expect(past.map((line) => line.date)).toEqual(['2026-11-08', '2024-03-14']);
  });
});
