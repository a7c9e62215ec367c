import 'fake-indexeddb/auto';
import type { DOMWrapper } from '@vue/test-utils';
import { describe, expect, test, vi } from 'vitest';
import type { Engine } from '../../src/data/api';
import { scoreSheetId } from '../../src/domain/ids';
import { entityOf, shownValue, undecided, withdrawn } from '../../src/domain/operations';
import Closing from '../../src/ui/closing/Closing.vue';
import ConflictNote from '../../src/ui/components/ConflictNote.vue';
import { lastAct, takeBack } from '../../src/ui/core/undo';
import Findings from '../../src/ui/findings/Findings.vue';
import Home from '../../src/ui/inspection/Home.vue';
import Late from '../../src/ui/late/Late.vue';
import { type Bench, bench, INSPECTION, until } from '../data/bench';
import { onStage, settled, stage } from './stage';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const OTHER = 'f0000000-0000-7000-8000-000000000002';
const PHOTO = new Uint8Array(900).fill(7);

const on = onStage();
/** However slow the machine is. */
const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 50_000 });
const plain = (): string => on.shown?.wrapper.text().replace(/\s+/g, '') ?? '';

async function tap(text: string, within = 'body'): Promise<void> {
  const found = [...document.querySelectorAll<HTMLButtonElement>(`${within} button`)];
  const button = found.find((it) => it.textContent?.trim() === text);
  if (button === undefined) throw new Error(`no button ${text} among ${found.map((it) => it.textContent)}`);
  button.click();
  await settled();
}

/** A finding that leader and member both have; from here on each works without the other. */
async function team(): Promise<{ leader: Engine; member: Engine; opened: Bench }> {
  on.opened = await bench('leader');
  const { engine } = on.opened;
  const member = (await on.opened.another('member')).engine;
  await engine.edit(INSPECTION, 'finding', FINDING, { kind: 'defect', text: '柱面蜂窩' });
  await engine.sendNow();
  await member.sendNow();
  return { leader: engine, member, opened: on.opened };
}

async function meet(...engines: Engine[]): Promise<void> {
  for (const engine of [...engines, ...engines]) await engine.sendNow();
  await settled();
}

describe('deleted by one, written and photographed by another without a network', () => {
  async function torn() {
    const { leader, member } = await team();
    on.shown = await stage(leader, Late);
    await on.shown.inspection.withdraw('finding', FINDING);
    await member.edit(INSPECTION, 'finding', FINDING, { text: '柱面蜂窩，延伸到柱腳' });
    await member.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
    await meet(member, leader);
    return { leader, member };
  }
  const finding = async (engine: Engine) => entityOf((await until(engine)).fold, 'finding', FINDING);

  test('the leader reads what the deletion had not seen, and brings it back with all of it', async () => {
    const { leader, member } = await torn();
    expect(plain()).toContain('當時還沒看到');
    expect(plain()).toContain('延伸到柱腳');
    expect(plain()).toContain(member.account.id);
    expect(plain()).not.toContain('evidence');
    await tap('恢復這一項');
    await soon(() => expect(plain()).toContain('沒有等著決定的資料'));
    await meet(leader, member);
    const found = await finding(member);
    expect([shownValue(found, 'deleted'), shownValue(found, 'text')]).toEqual([
      false,
      '柱面蜂窩，延伸到柱腳',
    ]);
  });

  test('or leaves it deleted, and is not asked again', async () => {
    const { leader, member } = await torn();
    await tap('維持刪除');
    await soon(() => expect(plain()).toContain('沒有等著決定的資料'));
    await meet(leader, member);
    expect(shownValue(await finding(member), 'deleted')).toBe(true);
    expect(withdrawn((await until(member)).fold)).toEqual([]);
  });

  test('the checklist before the closing says so, and so does the first screen', async () => {
    const { leader } = await torn();
    on.shown?.wrapper.unmount();
    on.shown = await stage(leader, Closing);
    expect(plain()).toContain('1項刪除以後另有補寫');
    on.shown.wrapper.unmount();
    on.shown = await stage(leader, Home);
    expect(plain()).toContain('有1項刪除後，另有人補寫或拍照');
  });
});

test('who deletes what they see is not asked, and everybody can bring it back', async () => {
  const { leader, member } = await team();
  on.shown = await stage(member, Findings);
  await on.shown.inspection.withdraw('finding', FINDING);
  await meet(member, leader);
  expect(withdrawn((await until(leader)).fold)).toEqual([]);
  expect(plain()).toContain('已刪除1項');
  await tap('恢復');
  await soon(() => expect(plain()).not.toContain('已刪除'));
  expect(plain()).toContain('柱面蜂窩');
});

test('a finding that a colleague deletes under one’s hands says who did, with a way back', async () => {
  const { leader, member } = await team();
  on.shown = await stage(member, Findings);
  const { $router } = on.shown.wrapper.vm;
  await $router.push({ name: 'findings', params: { id: INSPECTION, finding: FINDING } });
  await settled();
  expect(on.shown.wrapper.find('textarea').exists()).toBe(true);
  await leader.edit(INSPECTION, 'finding', FINDING, { deleted: true });
  await meet(leader, member);
  await soon(() => expect(lastAct.value).not.toBeNull());
  expect(lastAct.value?.text).toBe(`${leader.account.id}刪除了這一項，您寫的都留著。`);
  await takeBack();
  expect(withdrawn((await until(member)).fold)).toEqual([]);
});

describe('two texts of one finding', () => {
  async function differ() {
    const { leader, member } = await team();
    await leader.edit(INSPECTION, 'finding', FINDING, { text: '柱面蜂窩 30 公分' });
    await member.edit(INSPECTION, 'finding', FINDING, { text: '柱面蜂窩 50 公分' });
    await meet(member, leader);
    return { leader, member };
  }

  test('are chosen before the closing; after it the inspection is opened again first', async () => {
    const { leader } = await differ();
    await leader.close(INSPECTION);
    on.shown = await stage(leader, Late);
    expect(plain()).toContain('查核已結束，要選定請先重新開啟');
    expect(plain()).not.toContain('採用這個');
    await tap('重新開啟查核');
    await soon(() => expect(plain()).not.toContain('查核已結束'));
    await tap('採用這個', 'section[aria-label="寫法不同"] li:last-of-type');
    await soon(() => expect(plain()).toContain('沒有等著決定的資料'));
    await leader.close(INSPECTION);
    const { fold } = await until(leader);
    expect([undecided(fold), fold.late]).toEqual([[], []]);
  });

  test('a member reads both and that the leader chooses', async () => {
    const { member } = await differ();
    on.shown = await stage(member, ConflictNote, { kind: 'finding', id: FINDING });
    expect(plain()).toContain('請領隊選定');
    expect(plain()).not.toContain('採用這個');
  });
});

test('scores that one person wrote on two tablets are theirs to choose, not the leader’s', async () => {
  const { leader, member, opened } = await team();
  const second = (await opened.another('member')).engine;
  const sheet = scoreSheetId(INSPECTION, member.account.id);
  await member.edit(INSPECTION, 'score_sheet', sheet, { q_owner: 4 });
  await second.edit(INSPECTION, 'score_sheet', sheet, { q_owner: 3 });
  const handed_in_at = '2026-11-23T03:00:00Z';
  await member.edit(INSPECTION, 'score_sheet', sheet, { handed_in_at });
  await leader.edit(INSPECTION, 'score_sheet', scoreSheetId(INSPECTION, leader.account.id), { handed_in_at });
  await meet(member, second, leader);
  await until(leader, ({ fold }) => undecided(fold).length > 0);
  on.shown = await stage(leader, Late);
  expect(plain()).toContain('由本人選定');
  expect(plain()).not.toContain('採用這個');
  on.shown.wrapper.unmount();
  on.shown = await stage(member, ConflictNote, { kind: 'score_sheet', id: sheet });
  await tap('採用這個', 'li:last-of-type');
  await soon(() => expect(plain()).not.toContain('採用這個'));
  await meet(member, leader);
  expect(undecided((await until(leader)).fold)).toEqual([]);
});

test('a tablet that comes after the closing is decided about at once, and the first screen stops asking', async () => {
  const { leader, member } = await team();
  await leader.close(INSPECTION);
  await leader.sendNow();
  await member.edit(INSPECTION, 'finding', OTHER, { kind: 'advice', text: '增設警示燈' });
  await member.addPhoto(INSPECTION, OTHER, PHOTO, {}, 'evidence');
  await member.edit(INSPECTION, 'merit', 'f0000000-0000-7000-8000-000000000003', {
    code: '0.01',
    text: '整潔',
  });
  await meet(member, leader);
  await until(leader, ({ fold }) => fold.late.length === 3);
  on.shown = await stage(leader, Late);
  expect(plain()).toContain('一次決定3筆');
  await tap('全部不採用');
  await soon(() => expect(plain()).toContain('請寫理由'));
  const reason = () =>
    on.shown?.wrapper.get<HTMLInputElement>(
      'section[aria-label="一次決定"] input',
    ) as DOMWrapper<HTMLInputElement>;
  await reason().setValue('平板當時沒有訊號');
  on.shown.wrapper.unmount();
  on.shown = await stage(leader, Late);
  await soon(() => expect(reason().element.value).toBe('平板當時沒有訊號'));
  await tap('全部不採用');
  await soon(() => expect(plain()).not.toContain('一次決定'));
  await soon(() => expect(plain().split('不採用，仍保留在紀錄旁')).toHaveLength(3));
  on.shown.wrapper.unmount();
  on.shown = await stage(leader, Home);
  expect(plain()).not.toContain('結束後才到');
});
