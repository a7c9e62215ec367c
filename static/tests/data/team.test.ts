import { describe, expect, test } from 'vitest';
import type { Package } from '../../src/data/api';
import { scoreSheetId } from '../../src/domain/ids';
import { refusal } from '../../src/domain/operations/validation';
import { rulesOf } from '../../src/domain/rules';
import { teamOf } from '../../src/engine/team';

const LEADER = 'a0000000-0000-7000-8000-000000000001';
const INSPECTION = '11111111-0000-7000-8000-000000000001';

/** A package whose form gives P this many points; without a number it tells no rules, as before release. */
function packageWith(p?: number): Package {
  const sheet = rulesOf('2026-11-23').score_sheet;
  const items = sheet.items.map((item) =>
    item.field === 'p' && p !== undefined ? { ...item, max: p } : item,
  );
  const rules = p === undefined ? {} : { rules: { score_sheet: { ...sheet, items } } };
  return { visit: { team: [{ account: LEADER, role: 'leader' }], ...rules } } as unknown as Package;
}

/** What the tablet says of a P score under that package. */
function said(p: number, pack: Package): unknown {
  const operation = {
    id: '0b000000-0000-7000-8000-000000000001',
    device: 'd0000000-0000-7000-8000-000000000001',
    seq: 1,
    inspection: INSPECTION,
    entity: 'score_sheet' as const,
    entity_id: scoreSheetId(INSPECTION, LEADER),
    set: { p },
    base: { p: null },
    hlc: '0193a1b2c001-0000',
    author: LEADER,
    schema: 1,
    on_behalf: null,
  };
  return refusal(operation, teamOf(pack));
}

describe("the visit's own score sheet", () => {
  test('binds what is written under it, and names the field', () => {
    expect(said(10, packageWith(10))).toBeNull();
    expect(said(11, packageWith(10))).toEqual({ code: 'bad_value', field: 'p' });
    expect(said(30, packageWith(30))).toBeNull();
  });

  test('is the shipped one where the package says nothing', () => {
    expect(said(20, packageWith())).toBeNull();
    expect(said(21, packageWith())).toEqual({ code: 'bad_value', field: 'p' });
  });

  test('the same package gives the same team', () => {
    expect(teamOf(packageWith(10))).toBe(teamOf(packageWith(10)));
    expect(teamOf(packageWith(10))).not.toBe(teamOf(packageWith(20)));
  });
});
