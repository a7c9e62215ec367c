// @vitest-environment node
import 'fake-indexeddb/auto';

import { afterEach, expect, test, vi } from 'vitest';
import { pageLocks } from '../../src/engine/locks';
import type { HttpReply, HttpRequest } from '../../src/sync/ports';
import { type Bench, bench, INSPECTION, openEngine } from '../data/bench';
import { KEY } from '../data/tablet';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const OTHER = 'f0000000-0000-7000-8000-000000000002';

let opened: Bench | null = null;
async function open(...input: Parameters<typeof bench>): Promise<Bench> {
  opened = await bench(...input);
  return opened;
}
afterEach(async () => {
  vi.restoreAllMocks();
  await opened?.end();
  opened = null;
});

const bodyOf = (request: HttpRequest) => JSON.parse(String(request.body)) as { operations: unknown[] };
const isPush = (request: HttpRequest): boolean =>
  request.path === '/api/v1/sync' && bodyOf(request).operations.length > 0;

test('every write waits for the disk: each transaction that writes is strict', async () => {
  const begun = vi.spyOn(IDBDatabase.prototype, 'transaction'); // before Dexie takes hold of it
  const { engine } = await open('leader');
  await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
  await engine.sendNow();
  const writes = begun.mock.calls.filter(([, mode]) => mode === 'readwrite');
  expect(writes.length).toBeGreaterThan(2);
  expect(writes.map(([, , options]) => options?.durability)).toEqual(writes.map(() => 'strict'));
});

test('a photo’s bytes, what is known of it and its operation go into one transaction, the bytes as bytes', async () => {
  const put = IDBObjectStore.prototype.put;
  const written: { store: string; by: IDBTransaction; value: Record<string, unknown> }[] = [];
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
    written.push({ store: this.name, by: this.transaction, value });
    return put.call(this, value, key);
  });
  const { engine } = await open('leader');
  written.length = 0;
  await engine.addPhoto(INSPECTION, FINDING, new Uint8Array(50_000).fill(7), {}, 'evidence');
  const bytes = written.filter(({ store }) => store === 'photoBytes');
  expect(bytes).toHaveLength(1);
  const together = written.filter(({ by }) => by === bytes[0]?.by).map(({ store }) => store);
  expect(together).toEqual(expect.arrayContaining(['photoBytes', 'photos', 'operations', 'thumbnails']));
  for (const value of Object.values(bytes[0]?.value ?? {}))
    expect(value instanceof Uint8Array || typeof value === 'string').toBe(true);
});

test('what was offered goes again as it was: same id, same number, same bytes', async () => {
  const { engine, tablet } = await open('leader');
  const sent: unknown[][] = [];
  const honest = tablet.line.transport;
  await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
  await engine.stop();
  await tablet.start({
    transport: async (request) => {
      const answer = await honest(request);
      if (!isPush(request)) return answer;
      sent.push(bodyOf(request).operations);
      if (sent.length < 3) throw new TypeError('the answer was lost');
      return answer;
    },
  });
  for (const _ of [1, 2, 3]) await tablet.engine.sendNow();
  expect(sent).toHaveLength(3);
  expect(sent[1]).toEqual(sent[0]);
  expect(sent[2]).toEqual(sent[0]);
  expect(tablet.engine.status.get()).toMatchObject({ waiting: 0 });
});

test('an old answer out of a cache names other operations and acknowledges nothing', async () => {
  const { engine, tablet } = await open('leader');
  let stale: HttpReply | null = null;
  let asked = 0;
  const honest = tablet.line.transport;
  await engine.stop();
  await tablet.start({
    transport: async (request) => {
      if (!isPush(request)) return honest(request);
      if (++asked > 20) throw new TypeError('it would go on for ever');
      if (stale !== null) return stale;
      stale = await honest(request);
      return stale;
    },
  });
  await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
  await tablet.engine.sendNow();
  const log = opened?.server.log.length;
  await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'b' });
  await tablet.engine.sendNow();
  expect(opened?.server.log).toHaveLength(log ?? -1);
  expect(tablet.engine.status.get()).toMatchObject({ waiting: 1, problem: 'not_our_server' });
});

test('two tabs of one person: one sends, the other waits', async () => {
  const locks = pageLocks();
  const { engine, tablet } = await open('leader', { locks });
  await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
  let letGo: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const honest = tablet.line.transport;
  let sending = 0;
  let most = 0;
  const transport = async (request: HttpRequest): Promise<HttpReply> => {
    if (!isPush(request)) return honest(request);
    most = Math.max(most, ++sending);
    await gate;
    sending -= 1;
    return honest(request);
  };
  await engine.stop();
  await tablet.start({ transport, locks });
  const quiet = { saved: () => undefined, stop: () => undefined };
  const world = { transport, locks, reserveSlots: 0, triggers: () => quiet };
  const second = await openEngine({ account: engine.account, device: engine.device, key: KEY }, world);
  const first = tablet.engine.sendNow();
  await vi.waitFor(() => expect(sending).toBe(1), { timeout: 60_000 });
  const other = second.sendNow();
  await Promise.race([other, new Promise((resolve) => setTimeout(resolve, 300))]);
  letGo();
  await Promise.all([first, other]);
  expect(most).toBe(1);
  await second.stop();
});

test('what the server cannot take is set aside, not dropped: others go on, and it goes again when it can', async () => {
  const { server, clock, tablet } = await open('leader');
  await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'poison' });
  await tablet.engine.edit(INSPECTION, 'finding', OTHER, { text: 'b' });
  await tablet.engine.sendNow();
  expect(server.log).toHaveLength(1);
  const states = (await tablet.db.operations.toArray()).map((row) => row.state);
  expect(states.sort()).toEqual(['acknowledged', 'parked']);
  server.poison = null;
  clock.now += 24 * 3_600_000;
  await tablet.engine.sendNow();
  expect(server.log).toHaveLength(2);
  expect(tablet.engine.status.get()).toMatchObject({ waiting: 0 });
});
