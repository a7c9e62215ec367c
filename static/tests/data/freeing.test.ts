// @vitest-environment node
/** What a receipt allows to be freed, and when: by the server's time, each after days of grace of its own. */
import 'fake-indexeddb/auto';

import { afterEach, beforeEach, expect, test } from 'vitest';
import { openChanges } from '../../src/data/changes';
import { DexieStore } from '../../src/data/store';
import { type Bench, bench, INSPECTION } from './bench';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const PHOTO = new Uint8Array(50_000).map((_, at) => at % 251);
const OTHER_PHOTO = new Uint8Array(40_000).map((_, at) => at % 241);
const DAY = 86_400_000;

let opened: Bench;
/** how far this tablet's clock is ahead of the server's */
let ahead: number;
beforeEach(async () => {
  ahead = 0;
  opened = await bench('leader');
  const { tablet, clock, server } = opened;
  server.archived = true;
  await tablet.engine.stop();
  await tablet.start({ clock: () => clock.now + ahead });
  await tablet.engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
  await tablet.engine.sendNow();
});
afterEach(() => opened.end());

test('a clock that jumps ahead ends no days of grace', async () => {
  const { engine } = opened.tablet;
  ahead = 400 * DAY;
  await engine.sendNow();
  expect(await engine.prune()).toBe(0);
});

test('nor does one that stood still in another year when the receipt came', async () => {
  const { engine, db } = opened.tablet;
  await db.receipts.clear();
  ahead = -400 * DAY;
  await engine.sendNow();
  expect(await db.receipts.count()).toBe(1);
  ahead = 0;
  await engine.sendNow();
  expect(await engine.prune()).toBe(0);
});

test('what is photographed after the first days of grace has days of its own', async () => {
  const { tablet, clock } = opened;
  const { engine } = tablet;
  clock.now += 31 * DAY;
  await engine.addPhoto(INSPECTION, FINDING, OTHER_PHOTO, {}, 'evidence');
  await engine.sendNow();
  expect(engine.status.get().safe).toBe('safe');
  expect(await engine.prune()).toBe(0);
  clock.now += 31 * DAY;
  await engine.sendNow();
  expect(await engine.prune()).toBe(PHOTO.length + OTHER_PHOTO.length);
});

test('receipts under another key than the server names now count for nothing, and are fetched anew', async () => {
  const { tablet, clock } = opened;
  const { engine, db } = tablet;
  const store = new DexieStore(db, openChanges('nobody'), engine.account.id);
  const { account, device } = engine;
  const server_time = new Date(clock.now + 31 * DAY).toISOString();
  await store.keepSession({ account, device, epoch: 'e', server_time, receipt_key: '00'.repeat(32) });
  expect(await engine.prune()).toBe(0);
  await engine.sendNow();
  expect(engine.status.get().safe).toBe('safe');
  expect(await engine.prune()).toBe(0);
});

test('a receipt whose signature cannot be checked here is shown and frees nothing', async () => {
  const { tablet, clock } = opened;
  await tablet.engine.stop();
  await tablet.db.receipts.clear();
  await tablet.start({ verify: async () => null });
  await tablet.engine.sendNow();
  expect(tablet.engine.status.get().safe).toBe('safe');
  clock.now += 31 * DAY;
  await tablet.engine.sendNow();
  expect(await tablet.engine.prune()).toBe(0);
});

test('a server that was put back while the originals are being freed finds what it lacks', async () => {
  const { tablet, clock } = opened;
  const { engine, db } = tablet;
  clock.now += 31 * DAY;
  await engine.sendNow();
  const store = new DexieStore(db, openChanges('another tab'), engine.account.id);
  const answer = { results: [], operations: [], cursor: '', more: false, epoch: 'another' };
  const [freed] = await Promise.all([engine.prune(), store.settle([], answer, clock.now, null)]);
  const waiting = await db.photos.where('state').equals('local').toArray();
  expect(waiting.every((photo) => photo.kept)).toBe(true);
  expect(await db.photoBytes.count()).toBe(waiting.length);
  expect(freed === 0).toBe(waiting.length === 1);
});
