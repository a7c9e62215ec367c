// @vitest-environment node
/** Rows that the disk spoilt: set aside and named; everything else goes on. */
import 'fake-indexeddb/auto';

import Dexie from 'dexie';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { steady } from '../../src/data/database';
import { freezeDrafts } from '../../src/data/rescue';
import { databaseName, FieldDatabase } from '../../src/data/schema';
import type { Row } from '../../src/data/seal';
import { entityOf, listOf, shownValue } from '../../src/domain/operations';
import { type Bench, bench, INSPECTION, until } from './bench';
import { decrypted } from './rescued';
import { lying, spoil } from './rot';
import { KEY } from './tablet';

const FINDINGS = [1, 2, 3].map((number) => `f000000${number}-0000-7000-8000-000000000001`);
const [FIRST, SECOND, THIRD] = FINDINGS as [string, string, string];
const PHOTO = new Uint8Array(50_000).map((_, at) => at % 251);
const OTHER_PHOTO = new Uint8Array(40_000).map((_, at) => at % 241);

let opened: Bench | null = null;
async function open(...input: Parameters<typeof bench>): Promise<Bench> {
  opened = await bench(...input);
  return opened;
}
afterEach(async () => {
  await opened?.end();
  opened = null;
});

const codeOf = (work: Promise<unknown>): Promise<string | null> =>
  work.then(
    () => null,
    (error: { code?: string }) => error.code ?? String(error),
  );

const write = (engine: Bench['engine'], finding: string, text: string): Promise<void> =>
  engine.edit(INSPECTION, 'finding', finding, { kind: 'defect', text });

/** Number 1 is with the server; number 2 was offered, and never arrived. */
async function secondLost({ engine, server, tablet }: Bench): Promise<void> {
  await write(engine, FIRST, 'first');
  await engine.sendNow();
  await write(engine, SECOND, 'offered');
  tablet.line.lost = true;
  await engine.sendNow();
  tablet.line.lost = false;
  server.log.splice(1);
}

const idOf = async ({ tablet }: Bench, finding: string): Promise<string> =>
  (await tablet.db.operations.toArray()).find((row) => row.operation.entity_id === finding)?.id ?? '';

describe('an operation that no longer opens', () => {
  test.each(['draft', 'offered'])('unsent (%s): the others are sent, and it is named', async (state) => {
    const on = await open();
    const { engine, server, tablet } = on;
    for (const [at, finding] of FINDINGS.entries()) await write(engine, finding, `缺失 ${at}`);
    if (state === 'offered') {
      tablet.line.lost = true;
      await engine.sendNow();
      server.log.splice(0); // it never arrived
      tablet.line.lost = false;
    }
    const id = await idOf(on, SECOND);
    const before = (await lying(engine.account.id, 'operations')).find((row) => row.id === id) as Row;
    expect(await spoil(engine.account.id, 'operations', (row) => row.id === id)).toBe(1);
    await engine.sendNow();
    expect(listOf(server.fold(INSPECTION), 'finding').map((it) => it.id)).toEqual([FIRST, THIRD]);
    expect(engine.status.get()).toMatchObject({ waiting: 1, safe: 'waiting', problem: 'items_spoilt' });
    const [item] = engine.spoilt.get();
    expect(item).toMatchObject({ kind: 'operation', inspections: [INSPECTION], entity: 'finding' });
    expect((await until(engine)).waiting).toBe(1);
    expect(engine.inspections.get()[0]).toMatchObject({ waiting: 1, send: 'waiting' });
    const [kept] = await tablet.db.spoilt.toArray();
    const asItLay = (before.sealed as Uint8Array).map((byte, at) => (at === 60 ? byte ^ 1 : byte));
    expect(kept?.bytes).toEqual(asItLay);
  });

  test('what can still be read of it is shown, and it is written again; then everything is sent', async () => {
    const on = await open();
    const { engine, server } = on;
    await write(engine, FIRST, 'A'.repeat(200));
    await spoil(engine.account.id, 'operations', () => true, 400);
    await engine.sendNow();
    const [item] = engine.spoilt.get();
    expect(String(item?.remains?.text).replaceAll(/[^A]/g, '').length).toBeGreaterThan(150);
    await write(engine, FIRST, 'A'.repeat(200));
    await engine.settleSpoilt(item?.id ?? '');
    await engine.sendNow();
    expect(shownValue(listOf(server.fold(INSPECTION), 'finding')[0] ?? null, 'text')).toBe('A'.repeat(200));
    expect(engine.status.get()).toMatchObject({ waiting: 0, safe: 'safe', problem: null });
    expect(engine.spoilt.get()).toEqual([]);
    expect(await lying(engine.account.id, 'spoilt')).toHaveLength(1); // nothing was deleted
  });

  test.each(['own', "a colleague's"])('that the server has (%s) comes back by itself', async (whose) => {
    const on = await open();
    const { engine, server, tablet } = on;
    const other = await on.another('member');
    const writer = whose === 'own' ? engine : other.engine;
    await write(writer, FIRST, 'safe already');
    await write(writer, SECOND, 'safe, too');
    await writer.sendNow();
    await engine.sendNow();
    const id = await idOf(on, FIRST);
    await spoil(engine.account.id, 'operations', (row) => row.id === id);
    await write(engine, THIRD, 'later');
    await engine.sendNow();
    expect(server.log).toHaveLength(3);
    await vi.waitFor(async () => expect(await tablet.db.operations.get(id)).toBeDefined());
    await engine.sendNow();
    const { fold } = await until(engine, (state) => listOf(state.fold, 'finding').length === 3);
    expect(shownValue(entityOf(fold, 'finding', FIRST), 'text')).toBe('safe already');
    expect(engine.spoilt.get()).toEqual([]);
    expect(engine.status.get()).toMatchObject({ waiting: 0, safe: 'safe', problem: null });
    expect(engine.inspections.get()[0]?.receiptMismatch).toBe(false);
  });

  test('where a bit of its form is wrong, at least its kind is told', async () => {
    const { engine, tablet } = await open();
    await write(engine, FIRST, 'first');
    await spoil(engine.account.id, 'operations', () => true, 30); // the first brace
    await engine.sendNow();
    expect(engine.spoilt.get()[0]).toMatchObject({ entity: 'finding', remains: null });
    expect(await tablet.db.operations.count()).toBe(0);
  });

  test('its number is never given again, and the gap is told', async () => {
    const on = await open();
    const { engine, server } = on;
    await secondLost(on);
    const id = await idOf(on, SECOND);
    await spoil(engine.account.id, 'operations', (row) => row.id === id);
    await write(engine, THIRD, 'third');
    await engine.sendNow();
    expect(server.log.map(({ operation }) => operation.seq)).toEqual([1, 3]);
    await engine.settleSpoilt(engine.spoilt.get()[0]?.id ?? '');
    on.clock.now += 7 * 60 * 60_000;
    await engine.sendNow();
    expect(server.alarms).toEqual([]);
    expect((await until(engine, (state) => state.receipt !== null)).receipt).toMatchObject({
      complete: false,
      missing: ['seq:2'],
    });
    expect(engine.status.get().safe).toBe('sent');
  });

  test('the last one that never arrived: settled, the inspection is never called safe', async () => {
    const on = await open();
    const { engine } = on;
    await secondLost(on); // and nothing follows it
    await spoil(engine.account.id, 'operations', (row) => row.seq === 2);
    await engine.sendNow();
    await engine.settleSpoilt(engine.spoilt.get()[0]?.id ?? '');
    on.clock.now += 7 * 60 * 60_000;
    await engine.sendNow();
    expect(engine.status.get()).toMatchObject({ waiting: 0, safe: 'sent' });
  });

  test('nobody signs or closes over it before they have seen it', async () => {
    const { engine } = await open();
    await write(engine, FIRST, 'first');
    await spoil(engine.account.id, 'operations');
    await write(engine, SECOND, 'second');
    const sign = () => engine.sign(INSPECTION, { name: '王', role: 'leader', strokes: 'M0 0' });
    expect(await codeOf(sign())).toBe('items_spoilt');
    expect(await codeOf(engine.close(INSPECTION))).toBe('items_spoilt');
    await engine.settleSpoilt(engine.spoilt.get()[0]?.id ?? '');
    expect(await codeOf(sign())).toBe(null);
    expect(await codeOf(engine.close(INSPECTION))).toBe(null);
  });

  test('the rescue file names it and carries its bytes', async () => {
    const { engine, tablet } = await open();
    await write(engine, FIRST, 'first');
    await spoil(engine.account.id, 'operations');
    await engine.sendNow();
    const lines = await decrypted(await engine.exportRescue('correct horse'), 'correct horse');
    const line = lines.find((it) => it.table === 'unreadable');
    expect(line?.row).toMatchObject({ table: 'operations' });
    expect(line?.bytes).toEqual((await tablet.db.spoilt.toArray())[0]?.bytes);
  });
});

describe('a photo', () => {
  test('whose row no longer opens is told from its bytes and its operation, and sent', async () => {
    const { engine, server } = await open();
    await write(engine, FIRST, 'first');
    const { sha256 } = await engine.addPhoto(INSPECTION, FIRST, PHOTO, {}, 'evidence');
    await spoil(engine.account.id, 'photos');
    await engine.sendNow();
    expect(server.photos.originals.get(sha256)).toEqual(PHOTO);
    expect(engine.status.get()).toMatchObject({ waiting: 0, waitingPhotos: 0, safe: 'safe', problem: null });
    expect(engine.spoilt.get()).toEqual([]);
  });

  test('whose bytes no longer open holds up no other; the finding asks for it anew', async () => {
    const { engine, server } = await open();
    await write(engine, FIRST, 'first');
    const spoilt = await engine.addPhoto(INSPECTION, FIRST, PHOTO, {}, 'evidence');
    const sound = await engine.addPhoto(INSPECTION, FIRST, OTHER_PHOTO, {}, 'evidence');
    await spoil(engine.account.id, 'photoBytes', (row) => row.sha256 === spoilt.sha256);
    await engine.sendNow();
    expect([...server.photos.originals.keys()]).toEqual([sound.sha256]);
    expect(engine.status.get()).toMatchObject({ waitingPhotos: 1, safe: 'waiting', problem: 'items_spoilt' });
    const [item] = engine.spoilt.get();
    expect(item).toMatchObject({ kind: 'photo', inspections: [INSPECTION], sha256: spoilt.sha256 });
    const { fold } = await until(engine);
    expect(shownValue(entityOf(fold, 'photo', spoilt.entityId), 'retake')).toBe(true);
    await engine.settleSpoilt(item?.id ?? '');
    await engine.sendNow();
    expect(engine.status.get()).toMatchObject({ waiting: 0, waitingPhotos: 0, safe: 'safe' });
    expect(await lying(engine.account.id, 'spoilt')).toHaveLength(1);
  });

  test('taken again, the same picture counts', async () => {
    const { engine, server } = await open();
    const { sha256 } = await engine.addPhoto(INSPECTION, FIRST, PHOTO, {}, 'evidence');
    await spoil(engine.account.id, 'photoBytes');
    await engine.sendNow();
    expect(server.photos.originals.size).toBe(0);
    await engine.addPhoto(INSPECTION, FIRST, PHOTO, {}, 'evidence');
    await engine.sendNow();
    expect(server.photos.originals.get(sha256)).toEqual(PHOTO);
    expect(engine.status.get()).toMatchObject({ waiting: 0, waitingPhotos: 0, safe: 'safe' });
  });
});

describe('a photo whose operation was frozen before its bytes were spoilt', () => {
  test('is taken again: the same picture is stored, and sent', async () => {
    const { engine, server, tablet } = await open();
    const { sha256 } = await engine.addPhoto(INSPECTION, FIRST, PHOTO, {}, 'evidence');
    await freezeDrafts(tablet.db);
    await spoil(engine.account.id, 'photoBytes');
    await engine.sendNow();
    expect(server.photos.originals.size).toBe(0);
    await engine.addPhoto(INSPECTION, FIRST, PHOTO, {}, 'evidence');
    expect((await tablet.db.photoBytes.get(sha256))?.bytes).toEqual(PHOTO);
    await engine.sendNow();
    expect(server.photos.originals.get(sha256)).toEqual(PHOTO);
    expect(listOf(server.fold(INSPECTION), 'photo')).toHaveLength(1);
    expect(engine.status.get()).toMatchObject({ waiting: 0, waitingPhotos: 0, safe: 'safe', problem: null });
  });
});

test('a photo whose bytes are gone without a trace is stored anew when it is taken again', async () => {
  const { engine, server, tablet } = await open();
  const { sha256 } = await engine.addPhoto(INSPECTION, FIRST, PHOTO, {}, 'evidence');
  await tablet.db.photoBytes.delete(sha256);
  await engine.sendNow();
  expect(engine.status.get()).toMatchObject({ waitingPhotos: 1, problem: 'items_parked' });
  await engine.addPhoto(INSPECTION, FIRST, PHOTO, {}, 'evidence');
  await engine.sendNow();
  expect(server.photos.originals.get(sha256)).toEqual(PHOTO);
});

describe('other rows', () => {
  test.each(['settings', 'receipts', 'thumbnails'])(
    '%s are made anew, and nobody is asked',
    async (table) => {
      const { engine, server } = await open();
      await write(engine, FIRST, 'first');
      await engine.addPhoto(INSPECTION, FIRST, PHOTO, {}, 'evidence');
      await engine.sendNow();
      expect(await spoil(engine.account.id, table)).toBeGreaterThan(0);
      await write(engine, SECOND, 'second');
      await engine.sendNow();
      expect(server.log).toHaveLength(3);
      expect(server.alarms).toEqual([]);
      expect(engine.spoilt.get()).toEqual([]);
      expect(engine.status.get()).toMatchObject({ waiting: 0, safe: 'safe', problem: null });
    },
  );

  test('a package that no longer opens is named, and can be taken along again', async () => {
    const { engine, tablet } = await open();
    await spoil(engine.account.id, 'packages');
    expect(await codeOf(write(engine, FIRST, 'first'))).toBe('no_package');
    await vi.waitFor(() => expect(engine.spoilt.get()).toMatchObject([{ kind: 'package' }]));
    await tablet.takeAlong();
    await write(engine, FIRST, 'first');
    await vi.waitFor(() => expect(engine.spoilt.get()).toEqual([]));
  });
});

test('with a key that opens nothing, nothing is set aside', async () => {
  const { engine } = await open();
  await write(engine, FIRST, 'first');
  const other = new FieldDatabase(engine.account.id, new Uint8Array(32).fill(9));
  expect(await codeOf(steady(other, () => other.operations.toArray()))).toBe('unreadable');
  expect(await other.operations.count()).toBe(1);
  other.close();
});

test('a database of the version before has room for them', async () => {
  const account = 'a0000000-0000-7000-8000-0000000000aa';
  const old = new Dexie(databaseName(account));
  old.version(1).stores({ operations: 'id, inspection, state, [inspection+device+seq]', settings: 'key' });
  await old.table('settings').put({ key: 'lastSent', value: 5 });
  old.close();
  const db = new FieldDatabase(account, KEY);
  await db.open();
  expect(await db.settings.get('lastSent')).toEqual({ key: 'lastSent', value: 5 });
  expect(await db.spoilt.count()).toBe(0);
  await db.delete();
});
