// @vitest-environment node
import 'fake-indexeddb/auto';

import Dexie from 'dexie';
import { forceCloseDatabase } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openChanges } from '../../src/data/changes';
import { draftRow } from '../../src/data/log';
import { freezeDrafts } from '../../src/data/rescue';
import type { OperationRow } from '../../src/data/rows';
import { databaseName, FieldDatabase, SCHEMA_VERSION } from '../../src/data/schema';
import { keepSetting, setting } from '../../src/data/settings';
import { DexieStore } from '../../src/data/store';
import { listOf, shownValue } from '../../src/domain/operations';
import { exportRescue } from '../../src/engine';
import { pageLocks } from '../../src/engine/locks';
import type { HttpReply, HttpRequest } from '../../src/sync/ports';
import { problem, reply } from '../simulation/twin/server';
import { type Bench, bench, INSPECTION, openEngine, until } from './bench';
import { decrypted } from './rescued';
import { KEY } from './tablet';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const PHOTO = new Uint8Array(50_000).map((_, at) => at % 251);

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

const codeOf = (work: Promise<unknown>): Promise<string | null> =>
  work.then(
    () => null,
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('the disk is full', () => {
  let full = false;
  beforeEach(() => {
    full = false;
    const put = IDBObjectStore.prototype.put;
    const held = new Set<unknown>();
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      if (this.name === 'reserve') held.add(value.slot);
      const large = this.name === 'photoBytes' || this.name === 'reserve';
      if (full && (large || held.size > 0)) throw new DOMException('full', 'QuotaExceededError');
      return put.call(this, value, key);
    });
    const clear = IDBObjectStore.prototype.clear;
    vi.spyOn(IDBObjectStore.prototype, 'clear').mockImplementation(function (this: IDBObjectStore) {
      if (this.name === 'reserve') held.clear();
      return clear.call(this);
    });
  });

  test('text still saves, out of the reserve, and says so', async () => {
    const { engine } = await open('leader', { reserveSlots: 2 });
    full = true;
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'saved all the same' });
    expect(listOf((await until(engine)).fold, 'finding')).toHaveLength(1);
    expect(engine.status.get().problem).toBe('storage_full');
    full = false;
    await engine.sendNow();
    await vi.waitFor(() => expect(engine.status.get().problem).toBeNull());
  });

  test('a photo is refused by name and leaves nothing behind', async () => {
    const { engine, tablet } = await open('leader', { reserveSlots: 2 });
    full = true;
    expect(await codeOf(engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence'))).toBe('storage_full');
    expect(await tablet.db.photos.count()).toBe(0);
    expect(await tablet.db.operations.count()).toBe(0);
    expect(await tablet.db.reserve.count()).toBe(2);
  });
});

describe('the connection', () => {
  test('closed by the system: the next save opens it again', async () => {
    const connections = watchConnections();
    const { engine, tablet, server } = await open();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    for (const connection of connections.splice(0)) forceCloseDatabase(connection as never);
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'b' });
    await engine.sendNow();
    expect(shownValue(listOf(server.fold(INSPECTION), 'finding')[0] ?? null, 'text')).toBe('b');
    expect(await tablet.db.operations.count()).toBe(1);
  });

  test('data newer than the program: only the rescue opens it', async () => {
    const { engine, tablet } = await open();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'not yet sent' });
    await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
    await engine.stop();
    tablet.db.close();
    await withNewerVersion(engine.account.id);
    expect(await codeOf(openEngine({ account: engine.account, device: engine.device, key: KEY }))).toBe(
      'newer_database',
    );
    const rows = await decrypted(
      await exportRescue(engine.account.id, 'correct horse', KEY),
      'correct horse',
    );
    expect(rows.filter((it) => it.table === 'operations')).toHaveLength(2);
    expect(rows.find((it) => it.table === 'photoBytes')?.bytes).toEqual(PHOTO);
    expect(rows.at(-1)).toMatchObject({ table: 'end', row: { blocks: rows.length - 1 } });
    await Dexie.delete(databaseName(engine.account.id));
  });
});

/** The program after the next update, which adds an index to the operations and a field to each of them. */
class NextVersion extends FieldDatabase {
  constructor(account: string) {
    super(account, KEY);
    this.version(SCHEMA_VERSION + 1)
      .stores({ operations: 'id, inspection, state, [inspection+device+seq], n' })
      .upgrade((change) => change.table('operations').toCollection().modify({ told: false }));
  }
}

describe('an update of the program', () => {
  test('200 unsent operations of the old schema come over; what was frozen goes out as it was', async () => {
    const { engine, tablet } = await open();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'first' });
    const [model] = await tablet.db.operations.toArray();
    const write = (text: string): PromiseLike<unknown> =>
      tablet.db.operations.bulkPut(
        Array.from({ length: 100 }, (_, at) => {
          const operation = {
            ...(model as OperationRow).operation,
            id: engine.newId(),
            set: { text: `${text} ${at}` },
          };
          return draftRow({ ...operation, entity_id: engine.newId() });
        }),
      );
    await tablet.db.operations.clear();
    await write('frozen');
    await freezeDrafts(tablet.db);
    await write('draft');
    const before = await tablet.db.operations.toArray();
    await engine.stop();
    tablet.db.close();
    const next = new NextVersion(engine.account.id);
    const rows = await next.operations.toArray();
    expect(rows).toEqual(before.map((row) => ({ ...row, told: false })));
    const store = new DexieStore(next, openChanges('next'), engine.account.id);
    const offered = await store.offer({ count: 500, bytes: 10_000_000 }, Date.now());
    const frozen = before.filter((row) => row.text !== null);
    expect(frozen).toHaveLength(100);
    expect(offered.slice(0, 100).map((it) => it.text)).toEqual(
      frozen.sort((one, other) => one.seq - other.seq).map((row) => row.text),
    );
    expect(new Set(offered.map((it) => JSON.parse(it.text).seq)).size).toBe(200);
    await next.delete();
  });
});

describe('the rescue file', () => {
  test('freezes what it takes along, so that the office and the tablet tell the same', async () => {
    const { engine, tablet, server } = await open();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'first' });
    const rows = await decrypted(
      await exportRescue(engine.account.id, 'correct horse', KEY),
      'correct horse',
    );
    expect(await codeOf(exportRescue(engine.account.id, 'correct horse'))).toBe('locked'); // the PIN comes first
    const carried = rows.find((it) => it.table === 'operations')?.row;
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'second' });
    const kept = await tablet.db.operations.toArray();
    expect(carried).toMatchObject({ state: 'offered', seq: 1 });
    expect(kept.find((row) => row.id === carried?.id)?.text).toBe(carried?.text);
    await engine.sendNow();
    expect(shownValue(listOf(server.fold(INSPECTION), 'finding')[0] ?? null, 'text')).toBe('second');
  });

  test('leaves no photo in the memory of the page', async () => {
    const { engine, tablet } = await open();
    for (let number = 0; number < 4; number++)
      await engine.addPhoto(
        INSPECTION,
        FINDING,
        PHOTO.map((byte) => byte ^ number),
        {},
        'evidence',
      );
    const sizes: number[] = [];
    const Whole = Blob;
    vi.stubGlobal(
      'Blob',
      class extends Whole {
        constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
          super(parts, options);
          const held = parts.filter((part) => !(part instanceof Whole)) as { byteLength?: number }[];
          sizes.push(held.reduce((sum, part) => sum + (part.byteLength ?? 0), 0));
        }
      },
    );
    await engine.exportRescue('correct horse');
    vi.unstubAllGlobals();
    expect(Math.max(...sizes)).toBeLessThan(2 * PHOTO.length);
    expect(await tablet.db.photoBytes.count()).toBe(4);
  });

  test('a row that the disk spoilt is named and holds up nothing else', async () => {
    const { engine } = await open();
    await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'still there' });
    const raw = await new Dexie(databaseName(engine.account.id)).open();
    await raw
      .table('photos')
      .toCollection()
      .modify((row: { sealed: Uint8Array }) => row.sealed.reverse());
    raw.close();
    const rows = await decrypted(await engine.exportRescue('correct horse'), 'correct horse');
    expect(rows.filter((it) => it.table === 'unreadable').map((it) => it.row.table)).toEqual(['photos']);
    expect(rows.filter((it) => it.table === 'operations')).toHaveLength(2);
    expect(rows.find((it) => it.table === 'photoBytes')?.bytes).toEqual(PHOTO);
    expect(rows.at(-1)?.table).toBe('end');
  });
});

describe('the disk is full before the start', () => {
  test('nobody is kept out: opening writes nothing that stands there already', async () => {
    const { engine, tablet } = await open();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await engine.stop();
    const full = new DOMException('full', 'QuotaExceededError');
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw full;
    });
    await tablet.start();
    expect(listOf((await until(tablet.engine)).fold, 'finding')).toHaveLength(1);
  });
});

/** The browser's own handles, as the system would close them. */
function watchConnections(): IDBDatabase[] {
  const connections: IDBDatabase[] = [];
  const open = IDBFactory.prototype.open;
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...input) {
    const request = open.apply(this, input);
    request.addEventListener('success', () => connections.push(request.result));
    return request;
  });
  return connections;
}

async function withNewerVersion(account: string): Promise<void> {
  const open = indexedDB.open(databaseName(account), 999);
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    open.onsuccess = () => resolve(open.result);
    open.onerror = () => reject(open.error);
  });
  db.close();
}

describe('two tabs', () => {
  test('one writes; the other reads, says so, and takes over when the first goes', async () => {
    const locks = pageLocks();
    const { engine, tablet } = await open('leader', { locks });
    const stop = engine.inspection(INSPECTION).subscribe(() => undefined);
    await until(engine, ({ mode }) => mode === 'writer');
    const world = {
      transport: tablet.line.transport,
      locks,
      reserveSlots: 0,
      triggers: () => ({ saved() {}, stop() {} }),
    };
    const second = await openEngine({ account: engine.account, device: engine.device, key: KEY }, world);
    const stopSecond = second.inspection(INSPECTION).subscribe(() => undefined);
    await until(second, ({ mode }) => mode === 'reader');
    expect(await codeOf(second.edit(INSPECTION, 'finding', FINDING, { text: 'b' }))).toBe('read_only');
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await until(second, ({ fold }) => listOf(fold, 'finding').length === 1);
    stop();
    await until(second, ({ mode }) => mode === 'writer');
    await second.edit(INSPECTION, 'finding', FINDING, { text: 'b' });
    stopSecond();
    await second.stop();
  });
});

describe('photos', () => {
  test('0 bytes: retake, nothing kept', async () => {
    const { engine, tablet } = await open();
    expect(await codeOf(engine.addPhoto(INSPECTION, FINDING, new Uint8Array(0), {}, 'evidence'))).toBe(
      'retake',
    );
    expect(await tablet.db.photos.count()).toBe(0);
  });

  test('bytes that do not read back as written: retake, and the entry says so', async () => {
    const { engine, tablet, server } = await open();
    const get = IDBObjectStore.prototype.put;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      const spoilt = this.name === 'photoBytes' ? { ...value, sealed: value.sealed.slice(1) } : value;
      return get.call(this, spoilt, key);
    });
    expect(await codeOf(engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence'))).toBe('retake');
    expect(await tablet.db.photoBytes.count()).toBe(0);
    await engine.sendNow();
    const [entry] = listOf(server.fold(INSPECTION), 'photo');
    expect([shownValue(entry ?? null, 'retake'), shownValue(entry ?? null, 'sha256')]).toEqual([true, null]);
    expect(engine.status.get()).toMatchObject({ waiting: 0, waitingPhotos: 0 });
  });

  test('killed before the reading back: it is read back at the next start', async () => {
    const { engine, tablet } = await open();
    const { sha256 } = await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
    await tablet.db.photos.update(sha256, { state: 'unverified' });
    tablet.kill();
    await tablet.start();
    expect((await tablet.db.photos.get(sha256))?.state).toBe('local');
  });

  test('twice for one finding is one entry; for two findings two entries and one copy', async () => {
    const { engine, tablet } = await open();
    await until(engine);
    const [first, again] = [
      await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence'),
      await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence'),
    ];
    expect(again).toEqual(first);
    await engine.addPhoto(INSPECTION, 'f0000000-0000-7000-8000-000000000002', PHOTO, {}, 'evidence');
    expect(listOf((await until(engine)).fold, 'photo')).toHaveLength(2);
    expect(await tablet.db.photoBytes.count()).toBe(1);
  });

  test('position and time come from the meta, and are never invented', async () => {
    const { engine } = await open();
    const position = { latitude: 22.6273, longitude: 120.3014, accuracy: 4.6 };
    const meta = { takenAt: '2026-11-23T01:00:00Z', position, caption: '柱 C3' };
    await engine.addPhoto(INSPECTION, FINDING, PHOTO, meta, 'evidence');
    await engine.addPhoto(INSPECTION, FINDING, PHOTO.slice(1), {}, 'site');
    const [one, other] = listOf((await until(engine)).fold, 'photo').map((it) =>
      Object.fromEntries(Object.entries(it.fields).map(([name, field]) => [name, field.value])),
    );
    expect(one).toMatchObject({
      lat_e7: 226_273_000,
      lon_e7: 1_203_014_000,
      accuracy_m: 5,
      taken_at: meta.takenAt,
    });
    expect(other).not.toHaveProperty('lat_e7');
  });
});

describe('a photo that the server lost before its operation came', () => {
  test('is sent again, then the operation; nothing is refused for good', async () => {
    const { engine, server, tablet, clock } = await open();
    const honest = tablet.line.transport;
    let lose = true;
    await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
    await engine.stop();
    const transport = async (request: HttpRequest): Promise<HttpReply> => {
      if (lose && request.path === '/api/v1/sync' && String(request.body).includes('evidence')) {
        lose = false;
        server.losePhotos(true);
      }
      return honest(request);
    };
    await tablet.start({ transport });
    await tablet.engine.sendNow();
    expect(lose).toBe(false);
    expect(tablet.engine.status.get()).toMatchObject({ waiting: 1 });
    clock.now += 60_000;
    await tablet.engine.sendNow();
    expect(tablet.engine.status.get()).toMatchObject({ waiting: 0, waitingPhotos: 0, safe: 'safe' });
    expect(listOf(server.fold(INSPECTION), 'photo')).toHaveLength(1);
  });
});

describe('receipts', () => {
  async function sent(): Promise<Bench> {
    const made = await open();
    await made.engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await made.engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
    await made.engine.sendNow();
    return made;
  }
  const DAY = 86_400_000;

  test('nothing is freed before the receipt is archived and the grace is over', async () => {
    const { engine, server, clock, tablet } = await sent();
    await until(engine, ({ send }) => send === 'safe');
    clock.now += 60 * DAY;
    await engine.sendNow();
    expect(await engine.prune()).toBe(0);
    server.archived = true;
    clock.now += DAY;
    await engine.sendNow();
    expect(await engine.prune()).toBe(0);
    clock.now += 31 * DAY;
    await engine.sendNow();
    expect(await engine.prune()).toBe(PHOTO.length);
    expect(await tablet.db.photoBytes.count()).toBe(0);
    expect(await tablet.db.thumbnails.count()).toBe(1);
    expect(await tablet.db.operations.count()).toBe(2);
  });

  test('a receipt that lacks a photo frees nothing, and says so', async () => {
    const { engine, server, clock } = await sent();
    server.archived = true;
    server.forgetful = true;
    clock.now += DAY;
    await engine.sendNow();
    clock.now += 60 * DAY;
    expect(await engine.prune()).toBe(0);
    await until(engine, ({ receipt }) => receipt?.matches === false);
    await vi.waitFor(() => expect(engine.status.get().problem).toBe('receipt_mismatch'));
  });

  test('a photo whose bytes the server lost goes again once a receipt says so, and is safe in the same run', async () => {
    const { engine, server, clock } = await sent();
    server.losePhotos(true);
    clock.now += DAY;
    await engine.sendNow();
    expect(server.photos.originals.size).toBe(1);
    await until(engine, ({ receipt, send }) => receipt?.complete === true && send === 'safe');
  });

  test('an operation that the server lost behind its own back goes again, and is safe in the same run', async () => {
    const { engine, server, clock } = await open();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'refuse-me' });
    await engine.sendNow();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await engine.sendNow();
    server.refused.clear();
    clock.now += DAY;
    await engine.sendNow();
    expect(server.refused.size).toBe(1);
    await until(engine, ({ receipt, send }) => receipt?.complete === true && send === 'safe');
  });

  test('what the server acknowledged and lost twice over goes again, though no cursor tells of it', async () => {
    const { engine, server, tablet, clock } = await open();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await engine.sendNow();
    const older = server.snapshot();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'b' });
    await engine.sendNow();
    server.restore(older, true);
    await keepSetting(tablet.db, 'cursor', null); // as after the epoch before
    clock.now += DAY;
    await engine.sendNow();
    expect(shownValue(listOf(server.fold(INSPECTION), 'finding')[0] ?? null, 'text')).toBe('b');
    await until(engine, ({ receipt, send }) => receipt?.complete === true && send === 'safe');
  });

  test('after a restore the server is shown the old receipts: it says again when it first received what it had lost', async () => {
    const { engine, server, tablet, clock } = await sent();
    const before = server.snapshot();
    clock.now += 60_000;
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'b' });
    await engine.sendNow();
    const received = async () => (await tablet.db.receipts.get(INSPECTION))?.receipt.operations.received;
    const told = await received();
    expect(told).toHaveLength(2);
    server.restore(before);
    clock.now += DAY;
    await engine.sendNow();
    expect(server.log).toHaveLength(3);
    const today = new Date(clock.now).toISOString();
    expect(server.log.at(-1)?.received).toBe(today);
    clock.now += DAY;
    await engine.sendNow();
    expect(await received()).toEqual(told);
    expect(await setting(tablet.db, 'earlier')).toEqual({});
  });

  test('an old receipt that a portal swallowed is shown again; one that the server no longer knows, once', async () => {
    const { engine, server, tablet, clock } = await sent();
    const honest = tablet.line.transport;
    let shown = 0;
    let portal = true;
    await engine.stop();
    const transport = async (request: HttpRequest): Promise<HttpReply> => {
      if (request.method !== 'POST' || !request.path.includes('/receipt')) return honest(request);
      shown += 1;
      return portal ? reply(200, '<html>', { 'content-type': 'text/html' }) : problem(422, 'bad_value');
    };
    await tablet.start({ transport });
    server.restore(server.snapshot());
    await tablet.engine.sendNow();
    expect(shown).toBe(1);
    portal = false;
    for (const _ of [1, 2, 3]) {
      clock.now += DAY;
      await tablet.engine.sendNow();
    }
    expect(shown).toBe(2);
    expect(await setting(tablet.db, 'earlier')).toEqual({});
  });

  test('a server that never gets hold of a photo is not asked without end', async () => {
    const { tablet, server, clock } = await sent();
    let asked = 0;
    const honest = tablet.line.transport;
    await tablet.engine.stop();
    const forgetful = (request: HttpRequest) => {
      if (!request.path.includes('/receipt')) return honest(request);
      asked += 1;
      server.losePhotos(true);
      return honest(request);
    };
    await tablet.start({ transport: forgetful });
    clock.now += DAY;
    for (let minute = 0; minute < 60; minute++) {
      clock.now += 60_000;
      await tablet.engine.sendNow();
    }
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThanOrEqual(5);
    expect(await tablet.engine.prune()).toBe(0);
  });

  test('a receipt that was changed on its way frees nothing', async () => {
    const { engine, tablet, clock } = await sent();
    const honest = tablet.line.transport;
    await engine.stop();
    await tablet.start({ transport: async (request) => forged(await honest(request)) });
    clock.now += DAY;
    await tablet.engine.sendNow();
    const state = await until(tablet.engine, ({ receipt }) => receipt?.signature === 'invalid');
    expect(state.receipt?.matches).toBe(false); // nor does any screen call it a receipt of what is here
    clock.now += 60 * DAY;
    expect(await tablet.engine.prune()).toBe(0);
  });

  const forged = (answer: HttpReply): HttpReply => ({
    ...answer,
    text: answer.text.replace('"archived":false', '"archived":true'),
  });

  test('a refused operation keeps its photo', async () => {
    const { engine, server, clock } = await open();
    const { sha256 } = await engine.addPhoto(
      INSPECTION,
      FINDING,
      PHOTO,
      { caption: 'refuse-me' },
      'evidence',
    );
    server.archived = true;
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await engine.sendNow();
    const state = await until(engine, ({ beside }) => beside.length === 1);
    expect(state.beside[0]).toMatchObject({ kind: 'refused', code: 'bad_value' });
    expect(listOf(state.fold, 'photo')).toEqual([]);
    clock.now += 60 * DAY;
    await engine.sendNow();
    clock.now += 60 * DAY;
    expect(await engine.prune()).toBe(0);
    expect(server.stored(engine.account.id, sha256)).toBe(true);
  });
});
