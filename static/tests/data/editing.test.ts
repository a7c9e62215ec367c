// @vitest-environment node
import 'fake-indexeddb/auto';

import { afterEach, describe, expect, test } from 'vitest';
import { hlcMilliseconds } from '../../src/domain/hlc';
import { closingId, scoreSheetId, signatureId } from '../../src/domain/ids';
import { digest, entityOf, type Folded, isClosed, listOf, shownValue } from '../../src/domain/operations';
import { type Bench, bench, INSPECTION, until } from './bench';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const OTHER = 'f0000000-0000-7000-8000-000000000002';

let opened: Bench | null = null;
async function open(...input: Parameters<typeof bench>): Promise<Bench> {
  opened = await bench(...input);
  return opened;
}
afterEach(async () => {
  await opened?.end();
  opened = null;
});

const text = (fold: Folded, id = FINDING) => shownValue(entityOf(fold, 'finding', id), 'text');

describe('saving', () => {
  test('what was told as saved is there after a kill, once', async () => {
    const { tablet, engine } = await open();
    await engine.edit(INSPECTION, 'finding', FINDING, { kind: 'defect', text: '蜂窩' });
    tablet.kill();
    await tablet.start();
    const state = await until(tablet.engine);
    expect(text(state.fold)).toBe('蜂窩');
    expect(state.fold.log).toHaveLength(1);
    expect(state.waiting).toBe(1);
  });

  test('any text is stored and sent unchanged', async () => {
    const { server, engine } = await open();
    const odd = '🚧𠮷 \u202eRTL\u202c \u0000 a\r\nb =HYPERLINK("x") e\u0301 é';
    await engine.edit(INSPECTION, 'finding', FINDING, { text: odd, location: 'x'.repeat(100_000) });
    await engine.sendNow();
    expect(text(server.fold(INSPECTION))).toBe(odd);
  });

  test('a double tap makes one operation', async () => {
    const { engine } = await open();
    await Promise.all([
      engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' }),
      engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' }),
    ]);
    expect((await until(engine)).fold.log).toHaveLength(1);
  });

  test('unsent patches of one entity are one operation; what was offered is never touched again', async () => {
    const { server, tablet, engine } = await open();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'b', severity: 'L' });
    tablet.line.lost = true;
    await engine.sendNow();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'c' });
    tablet.line.lost = false;
    await engine.sendNow();
    const sent = server.log.map((entry) => entry.operation);
    expect(sent.map((it) => it.set)).toEqual([{ text: 'b', severity: 'L' }, { text: 'c' }]);
    expect(sent[1]?.base).toEqual({ text: sent[0]?.id });
  });

  test('a wrong value, a leader-only field and another one’s sheet are refused before anything is saved', async () => {
    const { engine, server } = await open('member');
    const sheet = scoreSheetId(INSPECTION, server.team.leader);
    const refused = (work: Promise<void>) =>
      work.then(
        () => null,
        (error: { code: string; field: string }) => [error.code, error.field],
      );
    expect(await refused(engine.edit(INSPECTION, 'finding', FINDING, { severity: 'X' }))).toEqual([
      'bad_value',
      'severity',
    ]);
    expect(await refused(engine.edit(INSPECTION, 'finding', FINDING, { points: 2 }))).toEqual([
      'leader_only',
      'points',
    ]);
    expect(await refused(engine.edit(INSPECTION, 'score_sheet', sheet, { p: 17 }))).toEqual([
      'not_owner',
      null,
    ]);
    expect((await until(engine)).fold.log).toEqual([]);
  });

  test('a clock that stands a year back still edits after what it saw', async () => {
    const { engine, clock, another } = await open('leader');
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await engine.sendNow();
    const right = clock.now;
    clock.now = right - 365 * 86_400_000;
    const late = await another('member');
    await late.engine.sendNow();
    await late.engine.edit(INSPECTION, 'finding', FINDING, { text: 'b' });
    const state = await until(late.engine);
    expect(text(state.fold)).toBe('b');
    expect(hlcMilliseconds(state.fold.log.at(-1)?.stamp as string)).toBe(right);
  });

  test('undo takes back the last edit, and a new finding altogether', async () => {
    const { engine } = await open();
    await until(engine);
    await engine.edit(INSPECTION, 'finding', FINDING, { kind: 'defect', text: 'a' });
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'b' });
    expect(await engine.undo(INSPECTION)).toBe(true);
    expect(text((await until(engine)).fold)).toBe('a');
    expect(await engine.undo(INSPECTION)).toBe(true);
    expect(listOf((await until(engine)).fold, 'finding')).toEqual([]);
    expect(await engine.undo(INSPECTION)).toBe(false);
  });

  test('a form’s draft survives a kill', async () => {
    const { tablet, engine } = await open();
    await engine.keepDraft('finding/new', { text: 'half a sen' });
    tablet.kill();
    await tablet.start();
    expect(await tablet.engine.draft('finding/new')).toEqual({ text: 'half a sen' });
    await tablet.engine.keepDraft('finding/new', null);
    expect(await tablet.engine.draft('finding/new')).toBeNull();
  });
});

describe('two people', () => {
  test('both values stay; a merge descends from both', async () => {
    const { engine, another } = await open('leader');
    const member = await another('member');
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'from the leader' });
    await member.engine.edit(INSPECTION, 'finding', FINDING, { text: 'from the member' });
    await engine.sendNow();
    await member.engine.sendNow();
    await engine.sendNow();
    const state = await until(engine, ({ fold }) => fold.conflicts.length > 0);
    expect(state.fold.conflicts).toEqual([['finding', FINDING, 'text']]);
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'agreed' }, { merge: true });
    const merged = await until(engine, ({ fold }) => fold.conflicts.length === 0);
    expect(text(merged.fold)).toBe('agreed');
  });

  test('what the person saw counts as base, not what arrived meanwhile', async () => {
    const { engine, another } = await open('leader');
    const member = await another('member');
    await member.engine.edit(INSPECTION, 'finding', FINDING, { text: 'unseen' });
    await member.engine.sendNow();
    await engine.sendNow();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'mine' }, { seen: { text: null } });
    const state = await until(engine, ({ fold }) => text(fold) === 'mine');
    expect(state.fold.conflicts).toEqual([['finding', FINDING, 'text']]);
  });
});

describe('signing and closing', () => {
  test('a signature covers everything known, by frontier and digest', async () => {
    const { engine, server } = await open('member');
    const { account } = engine;
    const sheet = scoreSheetId(INSPECTION, account.id);
    await engine.edit(INSPECTION, 'score_sheet', sheet, { p: 17 });
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await engine.sign(INSPECTION, { name: '王', role: '委員', strokes: 'M0 0L1 1' });
    await engine.edit(INSPECTION, 'score_sheet', sheet, { p: 20 });
    await engine.sendNow();
    const fold = server.fold(INSPECTION);
    const signature = entityOf(fold, 'signature', signatureId(INSPECTION, account.id));
    const frontier = shownValue(signature, 'frontier') as Record<string, number>;
    expect(frontier).toEqual({ [engine.device.id]: 2 });
    const operations = fold.log.map((item) => item.operation);
    expect(shownValue(signature, 'digest')).toBe(digest(operations, frontier));
    expect(shownValue(entityOf(fold, 'score_sheet', sheet), 'p')).toBe(17);
    expect(fold.late).toHaveLength(1);
  });

  test('staff enter a paper sheet and signature for a member', async () => {
    const { engine, server } = await open('staff');
    const member = server.team.members[1] as string;
    const { sha256 } = await engine.addPhoto(INSPECTION, null, new Uint8Array(99).fill(7), {}, 'score_paper');
    const onBehalf = { member, photo: sha256 };
    await engine.edit(INSPECTION, 'score_sheet', scoreSheetId(INSPECTION, member), { p: 16 }, { onBehalf });
    await engine.sign(
      INSPECTION,
      { name: '王', role: '委員', strokes: null, photo: sha256 },
      { member, onBehalf },
    );
    await engine.sendNow();
    await engine.sendNow();
    const fold = server.fold(INSPECTION);
    expect(entityOf(fold, 'score_sheet', scoreSheetId(INSPECTION, member))?.fields.p).toMatchObject({
      value: 16,
      onBehalf: true,
    });
    expect(listOf(fold, 'signature')).toHaveLength(1);
    expect(engine.status.get().waiting).toBe(0);
  });

  test('what comes after the closing is late until the leader takes it', async () => {
    const { engine, another, server } = await open('leader');
    const member = await another('member');
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await engine.close(INSPECTION);
    await member.engine.edit(INSPECTION, 'finding', OTHER, { text: 'late' });
    await member.engine.sendNow();
    await engine.sendNow();
    const state = await until(engine, ({ fold }) => fold.late.length === 1);
    expect(isClosed(state.fold)).toBe(true);
    await engine.decideLate(INSPECTION, state.fold.late[0] as string, 'accept', '現場已告知');
    await engine.sendNow();
    expect(text(server.fold(INSPECTION), OTHER)).toBe('late');
    await engine.reopen(INSPECTION);
    const reopened = await until(engine, ({ fold }) => !isClosed(fold));
    expect(entityOf(reopened.fold, 'closing', closingId(INSPECTION))).not.toBeNull();
  });
});
