import 'fake-indexeddb/auto';
import { describe, expect, test, vi } from 'vitest';
import { attendanceId } from '../../src/domain/ids';
import { entityOf, listOf, shownValue } from '../../src/domain/operations';
import type { CatalogueRow } from '../../src/engine';
import { tellTrouble } from '../../src/ui/app/trouble';
import Attendance from '../../src/ui/attendance/Attendance.vue';
import { missingOf } from '../../src/ui/closing/missing';
import { tableOf } from '../../src/ui/core/catalogue';
import { lastAct } from '../../src/ui/core/undo';
import { carry } from '../../src/ui/findings/carried';
import FindingEditor from '../../src/ui/findings/FindingEditor.vue';
import Findings from '../../src/ui/findings/Findings.vue';
import { choosing } from '../../src/ui/findings/suggest';
import Late from '../../src/ui/late/Late.vue';
import Merits from '../../src/ui/merits/Merits.vue';
import PointsFinding from '../../src/ui/points/PointsFinding.vue';
import Score from '../../src/ui/score/Score.vue';
import { bench, INSPECTION, until } from '../data/bench';
import { onStage, type Stage, settled, stage } from './stage';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const OTHER = 'f0000000-0000-7000-8000-000000000002';
const PHOTO = new Uint8Array(900).fill(7);
const row = (code: string, text = '鋼筋綁紮'): CatalogueRow => ({
  code,
  parent: '',
  kind: 'leaf',
  text,
  range: '',
});
const table = tableOf(
  {
    id: 'e',
    label: '示範混合版',
    effective: '2023-01-01',
    hash: '',
    demo_mix: true,
    score_sheet: null,
    bands: null,
    rates: null,
    phrases: [],
    rows: [row('5.02.01', '□主筋未綁紮，□箍筋未綁紮')],
  },
  ['5'],
);

const on = onStage();
const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 50_000 });
const html = () => (on.shown as Stage).wrapper;
const plain = (): string => html().text().replace(/\s+/g, '');
const press = async (text: string, at = 0): Promise<void> => {
  await html()
    .findAll('button')
    .filter((it) => it.text().replace(/\s+/g, '').startsWith(text))
    [at]?.trigger('click');
  await settled();
};

describe('the people who came', () => {
  test('one who is cleared leaves the others in sight, and another can still be added', async () => {
    on.opened = await bench('leader');
    const { engine } = on.opened;
    const id = (nth: number) => attendanceId(INSPECTION, 'contractor_site_head', nth);
    for (const [nth, name] of [
      [1, '甲'],
      [2, '乙'],
      [3, '丙'],
    ] as const)
      await engine.edit(INSPECTION, 'attendance', id(nth), {
        role: 'contractor_site_head',
        present: true,
        name,
      });
    await engine.edit(INSPECTION, 'attendance', id(2), { deleted: true });
    on.shown = await stage(engine, Attendance);
    expect(plain()).toContain('出席，丙');
    await press('工地主任／工地負責人2');
    await press('再加一人');
    await soon(() => expect(plain()).toContain('工地主任／工地負責人3'));
    expect(document.activeElement?.tagName).toBe('INPUT'); // the name of whoever was added
    await engine.edit(INSPECTION, 'attendance', id(1), { deleted: true });
    await press('工地主任／工地負責人1');
    await soon(() => expect(plain()).toContain('選「出席」或「缺席」就恢復')); // what is typed there would not count
    await engine.edit(INSPECTION, 'attendance', id(1), { deleted: false });
    const { fold } = await until(engine);
    expect(listOf(fold, 'attendance')).toHaveLength(3);
    expect(shownValue(entityOf(fold, 'attendance', id(2)), 'deleted')).toBe(true);
  });
});

describe('what came after the closing', () => {
  async function late() {
    on.opened = await bench('leader');
    const { engine: leader } = on.opened;
    const member = (await on.opened.another('member')).engine;
    await leader.edit(INSPECTION, 'finding', FINDING, {
      kind: 'defect',
      code: '5.02.01',
      text: '箍筋間距過大',
    });
    await leader.sendNow();
    await member.sendNow();
    await leader.close(INSPECTION);
    await leader.sendNow();
    await member.edit(INSPECTION, 'finding', FINDING, { text: '主筋未綁紮三處' });
    await member.edit(INSPECTION, 'finding', OTHER, {
      kind: 'defect',
      code: '5.01.02',
      text: '版面裂縫',
      ticks: [],
    });
    await member.addPhoto(INSPECTION, OTHER, PHOTO, {}, 'evidence');
    for (const it of [member, leader, member]) await it.sendNow();
    await until(leader, ({ fold }) => fold.late.length === 3);
    return { leader, member };
  }

  test('stands as one thing with its photo, beside what the record says now; one reason decides it', async () => {
    const { leader } = await late();
    on.shown = await stage(leader, Late);
    const cards = html()
      .findAll('article')
      .map((it) => it.text().replace(/\s+/g, ''));
    expect(cards).toHaveLength(2);
    expect(cards.find((it) => it.startsWith('缺失5.02.01'))).toContain('目前的紀錄：內容：箍筋間距過大');
    const fresh = cards.find((it) => it.startsWith('缺失5.01.02')) ?? '';
    expect(fresh).toContain('版面裂縫');
    expect(fresh).not.toContain('勾選項目');
    const card = html()
      .findAll('article')
      .find((it) => it.text().includes('版面裂縫'));
    await card?.get('input').setValue('當時沒有訊號');
    await card?.findAll('button')[0]?.trigger('click');
    await soon(() => expect(html().findAll('article')).toHaveLength(1));
    const { fold } = await until(leader);
    expect([fold.late.length, shownValue(entityOf(fold, 'finding', OTHER), 'text')]).toEqual([1, '版面裂縫']);
    expect(listOf(fold, 'photo')).toHaveLength(1);
  });

  test('whoever wrote it reads beside the list where it is', async () => {
    const { member } = await late();
    on.shown = await stage(member, Findings);
    expect(plain()).toContain('3筆資料在結束後才到，還沒有列入，等領隊決定');
  });
});

describe('a finding', () => {
  test('whose code has words to tick and none is ticked is read in full at the points meeting, and missed before the closing', async () => {
    on.opened = await bench('leader');
    await on.opened.engine.edit(INSPECTION, 'finding', FINDING, {
      kind: 'defect',
      code: '5.02.01',
      text: '',
    });
    const { fold } = await until(on.opened.engine);
    const finding = entityOf(fold, 'finding', FINDING);
    on.shown = await stage(on.opened.engine, PointsFinding, { finding, no: 1, of: 1, table, locked: false });
    expect(plain()).toContain('主筋未綁紮');
    expect(missingOf(on.shown.inspection).map((it) => it.text)).toContain('1 項缺失與建議還沒寫內容');
  });

  test('begins with pictures taken before there was one; a deleted picture can be brought back', async () => {
    on.opened = await bench('leader');
    const { engine } = on.opened;
    carry([new File([PHOTO], 'a.jpg', { type: 'image/jpeg' })]);
    on.shown = await stage(engine, FindingEditor, { finding: FINDING, table, locked: false });
    await soon(() => expect(plain()).toContain('照片1張'));
    await html().get('[aria-label="刪除照片 1"]').trigger('click');
    await soon(() => expect(plain()).toContain('照片0張'));
    expect(plain()).toContain('已刪除1項');
    await html().get('[aria-label="恢復照片"]').trigger('click');
    await soon(() => expect(plain()).toContain('照片1張'));
  });

  test('of another code is charged to whom that code makes likely, unless somebody chose', () => {
    const had = (party: string | null) => (field: string) => (field === 'party' ? party : null);
    expect(choosing(row('5.01.01'), row('4.02.01'), had('supervision')).party).toBe('contractor');
    expect(choosing(row('5.01.01'), row('4.02.01'), had('owner')).party).toBeUndefined();
  });
});

test('handing in a covered sheet says what has no score', async () => {
  on.opened = await bench('leader');
  on.shown = await stage(on.opened.engine, Score);
  expect(plain()).toContain('旁邊沒有人時再打開');
  await press('交卷');
  expect(html().get('[role=alert]').text()).toContain('沒有給分');
});

test('what a button could not do is said, also where nobody caught it', async () => {
  on.opened = await bench('leader');
  on.shown = await stage(on.opened.engine, Merits);
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  html().vm.$.appContext.config.errorHandler = tellTrouble;
  vi.spyOn(on.shown.inspection, 'edit').mockRejectedValue({ code: 'storage_full' });
  await press('加一項');
  expect(lastAct.value?.text).toContain('空間不足');
  told.mockRestore();
});

test('nothing is called saved that nobody wrote, nor a proposal agreed', async () => {
  on.opened = await bench('leader');
  const { engine } = on.opened;
  on.shown = await stage(engine, Attendance);
  await press('品管人員');
  expect(plain()).toContain('還沒登錄');
  expect(html().findAll('.mark.tone-ok')).toHaveLength(0);
  await html().findAll('input[type=text]')[0]?.setValue('蕭克明');
  await html().findAll('input[type=text]')[0]?.trigger('blur');
  await soon(() => expect(plain()).toContain('出席，蕭克明')); // as the record reads it
  on.shown.wrapper.unmount();
  await engine.edit(INSPECTION, 'finding', FINDING, { kind: 'defect', severity: 'L', party: 'contractor' });
  const finding = entityOf((await until(engine)).fold, 'finding', FINDING);
  on.shown = await stage(engine, PointsFinding, { finding, no: 1, of: 1, table, locked: false });
  expect(plain()).toContain('尚未議定');
  expect(html().findAll('.mark.tone-ok')).toHaveLength(0);
});
