import 'fake-indexeddb/auto';
import { describe, expect, test, vi } from 'vitest';
import { scoreSheetId } from '../../src/domain/ids';
import { entityOf, type Folded, listOf, shownValue } from '../../src/domain/operations';
import ConflictNote from '../../src/ui/components/ConflictNote.vue';
import { tableOf } from '../../src/ui/core/catalogue';
import { DELAY } from '../../src/ui/core/saver';
import { lastAct, takeBack } from '../../src/ui/core/undo';
import FindingEditor from '../../src/ui/findings/FindingEditor.vue';
import Points from '../../src/ui/points/Points.vue';
import PaperSheet from '../../src/ui/score/PaperSheet.vue';
import Score from '../../src/ui/score/Score.vue';
import { type Bench, bench, INSPECTION, until } from '../data/bench';
import { onStage, settled, stage } from './stage';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const ROW = '□模板不緊密，漏漿，或□固定間距之隔件設置不良';
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
    rows: [
      { code: '4.01.02', parent: '', kind: 'leaf', text: '契約未明定監造計畫', range: '[-1,-2]' },
      { code: '5.03.03', parent: '', kind: 'leaf', text: ROW, range: '[-3,-5]' },
      { code: '7.02', parent: '', kind: 'leaf', text: '施工性不良', range: '' },
    ],
  },
  ['4', '5', '7'],
);

const on = onStage();

const value = async (field: string, id = FINDING) =>
  shownValue(entityOf((await until((on.opened as Bench).engine)).fold, 'finding', id), field);

async function editor() {
  on.opened = await bench('leader');
  on.shown = await stage(on.opened.engine, FindingEditor, { finding: FINDING, table, locked: false });
  const { wrapper } = on.shown;
  const pick = async (code: string) => {
    await wrapper.get('[role=combobox]').setValue(code);
    await wrapper.get('[role=option]').trigger('click');
    await settled();
  };
  const tick = async (at: number, on = true) => {
    await wrapper.findAll('.ticks input')[at]?.setValue(on);
    await settled();
  };
  return { wrapper, pick, tick };
}

describe('a finding', () => {
  test('ticks build the sentence; party and kind are proposed', async () => {
    const { pick, tick } = await editor();
    await pick('50303');
    await tick(1);
    await tick(0);
    expect(await value('ticks')).toEqual([0, 1]);
    expect(await value('text')).toBe('模板不緊密，漏漿，固定間距之隔件設置不良');
    expect([await value('kind'), await value('party'), await value('noted_by')]).toEqual([
      'defect',
      'contractor',
      (on.opened as Bench).engine.account.id,
    ]);
    await tick(0, false);
    expect(await value('text')).toBe('固定間距之隔件設置不良');
  });

  test('a sentence changed by hand is not overwritten by ticks, nor by another code', async () => {
    const { wrapper, pick, tick } = await editor();
    await pick('50303');
    await tick(0);
    await wrapper.get('textarea').setValue('右側牆漏漿約 30 公分');
    await wrapper.get('textarea').trigger('blur');
    await settled();
    await tick(1);
    expect(await value('ticks')).toEqual([0, 1]);
    expect(await value('text')).toBe('右側牆漏漿約 30 公分');
    const rebuild = wrapper.findAll('button').find((it) => it.text() === '依勾選重組內容');
    await rebuild?.trigger('click');
    await settled();
    expect(await value('text')).toBe('模板不緊密，漏漿，固定間距之隔件設置不良');
  });

  test('a design code makes it a design issue with its aspect', async () => {
    const { pick } = await editor();
    await pick('702');
    expect([await value('kind'), await value('aspect'), await value('party')]).toEqual([
      'design',
      'constructability',
      null,
    ]);
  });

  test('half-composed 注音 is not saved; the chosen word is', async () => {
    const { wrapper } = await editor();
    const box = wrapper.get('textarea').element as HTMLTextAreaElement;
    box.value = 'ㄈㄥ';
    box.dispatchEvent(new InputEvent('input', { isComposing: true, bubbles: true }));
    await new Promise((resolve) => setTimeout(resolve, DELAY + 50));
    await settled();
    expect((await until((on.opened as Bench).engine)).fold.log).toHaveLength(0);
    box.value = '蜂窩';
    box.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }));
    await new Promise((resolve) => setTimeout(resolve, DELAY + 50));
    await settled();
    expect(await value('text')).toBe('蜂窩');
  });

  test('a photo may come first: the finding is begun before it refers to it', async () => {
    const { wrapper } = await editor();
    const input = wrapper.get('input[type=file]').element as HTMLInputElement;
    Object.defineProperty(input, 'files', {
      value: [new File([new Uint8Array([1, 2, 3])], 'a.jpg', { type: 'image/jpeg' })],
    });
    input.dispatchEvent(new Event('change'));
    await settled(12);
    const { fold, photos } = await until((on.opened as Bench).engine);
    expect(shownValue(listOf(fold, 'photo')[0] ?? null, 'finding')).toBe(FINDING);
    expect(photos).toHaveLength(1);
    expect(await value('kind')).toBe('defect');
  });

  test('what is no picture says to take it again, and nothing is kept', async () => {
    const { wrapper } = await editor();
    const input = wrapper.get('input[type=file]').element as HTMLInputElement;
    Object.defineProperty(input, 'files', { value: [new File([], 'empty.jpg')] });
    input.dispatchEvent(new Event('change'));
    await settled(12);
    expect(wrapper.get('[role=alert]').text()).toContain('請重拍');
    expect((await until((on.opened as Bench).engine)).photos).toHaveLength(0);
  });

  test('deleting is taken back by one tap', async () => {
    const { wrapper, pick } = await editor();
    await pick('40102');
    await wrapper
      .findAll('button')
      .find((it) => it.text() === '刪除這一項')
      ?.trigger('click');
    await settled();
    expect(await value('deleted')).toBe(true);
    expect(lastAct.value?.text).toBe('已刪除這一項');
    await takeBack();
    await settled();
    expect(await value('deleted')).toBe(false);
  });
});

describe('the sheet', () => {
  test('hand-in names what has no score, and does not ask for comments', async () => {
    on.opened = await bench('member');
    on.shown = await stage(on.opened.engine, Score);
    const { wrapper } = on.shown;
    await wrapper
      .findAll('button')
      .find((it) => it.text() === '顯示')
      ?.trigger('click');
    const fill = async (label: string, points: number) => {
      const found = wrapper.findAll('label').find((it) => it.text() === label);
      await wrapper.get(`[id="${found?.attributes('for')}"]`).setValue(String(points));
    };
    for (const [label, points] of [
      ['工程主辦機關（含專案管理廠商）', 4],
      ['監造單位', 4],
      ['承攬廠商', 8],
      ['混凝土、鋼筋（構）、模板、土方、結構體、裝修、雜項等', 31],
      ['材料設備檢驗與管制', 8],
      ['施工安全衛生', 7],
    ] as const)
      await fill(label, points);
    const handIn = () =>
      wrapper
        .findAll('button')
        .find((it) => it.text() === '交卷')
        ?.trigger('click');
    await handIn();
    await vi.waitFor(() => wrapper.get('[role=alert]'), { timeout: 50_000 });
    expect(wrapper.get('[role=alert]').text()).toContain('還有 1 項沒有給分：施工進度');
    await fill('施工進度', 14);
    await handIn();
    await settled();
    const sheet = scoreSheetId(INSPECTION, on.opened.engine.account.id);
    const handedIn = (fold: Folded) => shownValue(entityOf(fold, 'score_sheet', sheet), 'handed_in_at');
    await until(on.opened.engine, ({ fold }) => handedIn(fold) !== null);
    await settled();
    expect(wrapper.get('[aria-label=合計]').text()).toContain('76');
  });

  test('staff cannot begin without the photo of the signed paper, and it stands in every operation', async () => {
    on.opened = await bench('staff');
    const member = (await until(on.opened.engine)).package?.visit.team.find((it) => it.role === 'member');
    on.shown = await stage(on.opened.engine, PaperSheet, { member });
    const { wrapper } = on.shown;
    expect(wrapper.find('[aria-label=合計]').exists()).toBe(false);
    const input = wrapper.get('input[type=file]').element as HTMLInputElement;
    Object.defineProperty(input, 'files', {
      value: [new File([new Uint8Array([9, 9])], 'sheet.jpg', { type: 'image/jpeg' })],
    });
    input.dispatchEvent(new Event('change'));
    await settled(12);
    const found = wrapper.findAll('label').find((it) => it.text() === '施工進度');
    await wrapper.get(`[id="${found?.attributes('for')}"]`).setValue('15');
    await new Promise((resolve) => setTimeout(resolve, DELAY + 50));
    await settled();
    const { fold, photos } = await until(on.opened.engine);
    const [written] = fold.log.filter(({ operation }) => operation.entity === 'score_sheet');
    expect(written?.operation.on_behalf).toEqual({ member: member?.account, photo: photos[0]?.sha256 });
  });
});

describe('the points meeting', () => {
  test('points and names stay hidden until the room is cleared', async () => {
    on.opened = await bench('leader');
    await on.opened.engine.edit(INSPECTION, 'finding', FINDING, {
      kind: 'defect',
      text: '漏漿',
      noted_by: on.opened.engine.account.id,
    });
    on.shown = await stage(on.opened.engine, Points);
    expect(on.shown.wrapper.text()).not.toContain('漏漿');
    await on.shown.wrapper
      .findAll('button')
      .find((it) => it.text() === '已清場，開始議定')
      ?.trigger('click');
    await settled();
    expect(on.shown.wrapper.text()).toContain('漏漿');
    expect(on.shown.inspection.roomCleared.value).toBe(true);
  });
});

describe('two values', () => {
  test('both stand with who and when; the choice descends from both', async () => {
    on.opened = await bench('leader');
    const other = await on.opened.another('member');
    await on.opened.engine.edit(INSPECTION, 'finding', FINDING, { kind: 'defect', text: '蜂窩' });
    await other.engine.edit(INSPECTION, 'finding', FINDING, { text: '冷縫' });
    await on.opened.engine.sendNow();
    await other.engine.sendNow();
    await on.opened.engine.sendNow();
    await until(on.opened.engine, (state) => state.fold.conflicts.length > 0);
    on.shown = await stage(on.opened.engine, ConflictNote, { kind: 'finding', id: FINDING });
    const { nameOf } = on.shown.inspection;
    const said = on.shown.wrapper.findAll('li').map((it) => it.text());
    for (const [value, author] of [
      ['蜂窩', on.opened.engine.account.id],
      ['冷縫', other.account.id],
    ] as const)
      expect(said.filter((it) => it.includes(value) && it.includes(nameOf(author)))).toEqual([
        expect.stringContaining('11月23日（一）10:00'),
      ]);
    await on.shown.wrapper
      .findAll('li')
      .find((it) => it.text().includes('蜂窩'))
      ?.get('button')
      .trigger('click');
    const { fold } = await until(on.opened.engine, (state) => state.fold.conflicts.length === 0);
    expect(shownValue(entityOf(fold, 'finding', FINDING), 'text')).toBe('蜂窩');
  });
});
