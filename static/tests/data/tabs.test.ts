// @vitest-environment node
/** Two tabs of one person on one tablet: what one of them types, saves and sends is neither refused nor held up by the other. */
import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import type { Engine } from '../../src/data/api';
import { end, openDatabase, steady } from '../../src/data/database';
import { listOf, shownValue } from '../../src/domain/operations';
import { pageLocks } from '../../src/engine/locks';
import { openEngine } from '../../src/engine/open';
import type { Transport } from '../../src/sync/ports';
import { type Bench, bench, INSPECTION, until } from './bench';
import { KEY } from './tablet';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const PATIENCE = { timeout: 20_000 };

let opened: Bench | null = null;
let second: Engine | null = null;
afterEach(async () => {
  await second?.stop();
  await opened?.end();
  opened = null;
  second = null;
});

interface Tabs {
  on: Bench;
  first: Engine;
  second: Engine;
}

async function tabs(transport?: (honest: Transport) => Transport): Promise<Tabs> {
  const locks = pageLocks();
  const on = await bench('leader', { locks });
  opened = on;
  const { tablet, engine } = on;
  const honest = tablet.line.transport;
  second = await openEngine(
    { account: engine.account, device: engine.device, key: KEY },
    {
      transport: transport?.(honest) ?? honest,
      clock: () => on.clock.now,
      locks,
      reserveSlots: 0,
      triggers: () => ({ saved() {}, stop() {} }),
    },
  );
  return { on, first: engine, second };
}

const open = (engine: Engine): (() => void) => engine.inspection(INSPECTION).subscribe(() => undefined);
const write = (engine: Engine, text: string): Promise<void> =>
  engine.edit(INSPECTION, 'finding', FINDING, { kind: 'defect', text });
const textIn = async (engine: Engine): Promise<unknown> =>
  shownValue(listOf((await until(engine)).fold, 'finding')[0] ?? null, 'text');

test('what is typed last is saved after the screen went, though another tab waits; then that one writes', async () => {
  const { first, second } = await tabs();
  const leave = open(first);
  await until(first, ({ mode }) => mode === 'writer');
  const stop = open(second);
  await until(second, ({ mode }) => mode === 'reader');
  // As a form does: one save after the other, the last one begun when the screen is gone.
  const saved = write(first, 'half').then(() => write(first, 'half of it and the rest'));
  leave();
  await saved;
  await until(second, ({ mode }) => mode === 'writer');
  expect(await textIn(second)).toBe('half of it and the rest');
  await write(second, 'by the other');
  stop();
});

test('a form that saves in the breath in which the screen goes is not refused', async () => {
  const { first, second } = await tabs();
  const leave = open(first);
  await until(first, ({ mode }) => mode === 'writer');
  const stop = open(second);
  await until(second, ({ mode }) => mode === 'reader');
  leave();
  await Promise.resolve();
  await write(first, 'the last words');
  await until(second, ({ mode }) => mode === 'writer');
  expect(await textIn(second)).toBe('the last words');
  stop();
});

test('a save without a screen gives the lock back', async () => {
  const { first, second } = await tabs();
  await write(first, 'and gone');
  await vi.waitFor(() => write(second, 'the other'), PATIENCE);
});

test('who was refused and shows no screen does not take the lock later on', async () => {
  const { first, second } = await tabs();
  const leave = open(first);
  await until(first, ({ mode }) => mode === 'writer');
  await expect(write(second, 'refused')).rejects.toMatchObject({ code: 'read_only' });
  leave();
  await vi.waitFor(() => write(first, 'again'), PATIENCE);
  const stop = open(first);
  await until(first, ({ mode }) => mode === 'writer');
  stop();
});

test('who asks to send while another tab sends is served as soon as that one has ended', async () => {
  let asked = 0;
  const { on, first, second } = await tabs((honest) => (request) => {
    asked += 1;
    return honest(request);
  });
  const honest = on.tablet.line.transport;
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await first.stop();
  let reached: () => void = () => undefined;
  const atServer = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const locks = pageLocks();
  await second.stop();
  const surroundings = { locks, clock: () => on.clock.now, reserveSlots: 0 };
  const quiet = { triggers: () => ({ saved() {}, stop() {} }) };
  const person = { account: first.account, device: first.device, key: KEY };
  const sending = await openEngine(person, {
    ...surroundings,
    ...quiet,
    transport: async (request) => {
      reached();
      await held;
      return honest(request);
    },
  });
  const waiting = await openEngine(person, {
    ...surroundings,
    ...quiet,
    transport: (request) => {
      asked += 1;
      return honest(request);
    },
  });
  const there = sending.sendNow();
  await atServer;
  const here = waiting.sendNow();
  expect(asked).toBe(0); // one sender at a time
  letGo();
  await Promise.all([there, here]);
  expect(asked).toBeGreaterThan(0);
  await sending.stop();
  await waiting.stop();
});

test('who waits for another tab to end sending can be closed', async () => {
  const { first, second } = await tabs();
  const locks = pageLocks();
  const held = await locks.take(`inspect-app/${first.account.id}/send`);
  const { account, device } = first;
  const third = await openEngine(
    { account, device, key: KEY },
    { locks, reserveSlots: 0, triggers: () => ({ saved() {}, stop() {} }) },
  );
  const asking = third.sendNow();
  await third.stop();
  await asking;
  held?.();
  await second.stop();
});

test('a look at the rows that comes when the engine has stopped does not open the database again', async () => {
  const { on } = await tabs();
  const { id } = on.engine.account;
  const db = await openDatabase(id, KEY);
  end(db);
  await expect(steady(db, () => db.operations.count())).rejects.toThrow();
  expect(db.isOpen()).toBe(false);
});

test('what a form saves when its engine is stopped is on the disk', async () => {
  const { on, first } = await tabs();
  const stopped = first.stop();
  await Promise.resolve();
  await write(first, 'the last words');
  await stopped;
  expect((await on.tablet.db.operations.toArray()).map((row) => row.operation.set.text)).toEqual([
    'the last words',
  ]);
});
