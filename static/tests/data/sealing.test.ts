// @vitest-environment node
import 'fake-indexeddb/auto';

import Dexie from 'dexie';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { databaseName, FieldDatabase } from '../../src/data/schema';
import { isSealed, OPEN_TABLES, openRow, type Row, sealRow } from '../../src/data/seal';
import { sealOldRows } from '../../src/data/sweep';
import { below, seeded } from '../simulation/random';
import { bench, INSPECTION } from './bench';
import { KEY } from './tablet';

const OTHER_KEY = new Uint8Array(32).fill(9);
const ACCOUNT = 'a0000000-0000-7000-8000-000000000009';
const FINDING = 'f0000000-0000-7000-8000-000000000001';
const PHOTO = new Uint8Array(30_000).map((_, at) => (at * at + 7 * at) % 253);

let opened: FieldDatabase[] = [];
const database = (key: Uint8Array | null): FieldDatabase => {
  opened.push(new FieldDatabase(ACCOUNT, key));
  return opened.at(-1) as FieldDatabase;
};
async function reopened(key: Uint8Array): Promise<FieldDatabase> {
  const db = database(key);
  await db.open();
  return db;
}
beforeEach(() => {
  opened = [];
});
afterEach(async () => {
  for (const db of opened) db.close();
  await Dexie.delete(databaseName(ACCOUNT));
});

const codeOf = (work: PromiseLike<unknown>): PromiseLike<string | null> =>
  work.then(
    () => null,
    (error: { code?: string }) => error.code ?? String(error),
  );

/** What lies on the disk, seen beside the product. */
async function dump(name: string): Promise<Map<string, Row[]>> {
  const raw = await new Dexie(name).open();
  const tables = await Promise.all(
    raw.tables.map(async (table) => [table.name, await table.toArray()] as const),
  );
  raw.close();
  return new Map(tables as [string, Row[]][]);
}

/** One row for any table of the schema, by chance: odd texts, nothing, deep and long values. */
function anyRow(table: Dexie['tables'][number], chance: () => number, place: number): Row {
  const { primKey, indexes } = table.schema;
  const texts = ['', '蜂窩 🚧𠮷', '\u202eRTL \u0000', '\ud800 lone', '"}],', 'x'.repeat(below(chance, 5000))];
  const any = (): unknown => {
    const [text, number] = [texts[below(chance, texts.length)], Math.floor(chance() * 2 ** 53)];
    const kinds = [text, number, -0.5, null, true, [text, number, null], { a: { text }, b: [] }, undefined];
    return kinds[below(chance, kinds.length)];
  };
  const row: Row = { rest: any(), more: any(), operation: { set: { text: any() } } };
  if (chance() < 0.5) row.bytes = new Uint8Array(below(chance, 3000)).map(() => below(chance, 256));
  for (const { keyPath, multi } of indexes)
    for (const name of [keyPath ?? []].flat())
      row[name] = name === 'seq' ? place : multi ? [`i${place % 3}`, 'i9'] : `v${place % 4}`;
  row[String(primKey.keyPath)] = primKey.name === 'slot' ? place : `key-${place}`;
  return row;
}

async function fill(db: FieldDatabase, seed: number, count = 12): Promise<Map<string, Row[]>> {
  const chance = seeded(seed);
  const made = new Map<string, Row[]>();
  for (const table of db.tables) {
    const rows = Array.from({ length: count }, (_, place) => anyRow(table, chance, place));
    await table.bulkPut(rows);
    made.set(table.name, rows);
  }
  return made;
}

const ordered = (rows: Row[], key: string): Row[] =>
  [...rows].sort((one, other) => ((one[key] as string) < (other[key] as string) ? -1 : 1));

describe('a sealed database', () => {
  test.each([1, 2, 3, 4, 5])(
    'rows of chance %i come back as they were, by every way of reading',
    async (seed) => {
      const db = database(KEY);
      for (const [name, rows] of await fill(db, seed)) {
        const table = db.table(name);
        const key = String(table.schema.primKey.keyPath);
        const wanted = ordered(rows, key);
        const keys = wanted.map((row) => row[key] as string);
        expect(ordered(await table.toArray(), key)).toEqual(wanted);
        expect(await table.get(keys[0] ?? '')).toEqual(wanted[0]);
        expect(await table.bulkGet(keys)).toEqual(wanted);
        expect(ordered(await table.filter(() => true).toArray(), key)).toEqual(wanted);
        expect(await table.orderBy(key).reverse().first()).toEqual(wanted.at(-1));
        await table.toCollection().modify({ changed: '改過' });
        expect(ordered(await table.toArray(), key)).toEqual(
          wanted.map((row) => ({ ...row, changed: '改過' })),
        );
      }
    },
  );

  test('indexes go on: one, several and compound', async () => {
    const db = database(KEY);
    await fill(db, 6);
    expect(await db.operations.where('state').equals('v1').count()).toBe(3);
    expect(await db.photos.where('inspections').equals('i2').count()).toBe(4);
    const last = db.operations
      .where('[inspection+device+seq]')
      .between(['v3', 'v3', 0], ['v3', 'v3', 99])
      .last();
    expect((await last)?.seq).toBe(11);
  });

  test('nothing that was written, named or photographed stands on the disk', async () => {
    const { engine, tablet, end } = await bench('leader');
    const pack = (await tablet.db.packages.get(INSPECTION))?.package;
    if (pack === undefined) throw new Error('no package');
    const tender = { name: 'SECRET-TENDER 中山橋', number: 'SECRET-NUMBER' };
    await tablet.db.packages.put({ inspection: INSPECTION, package: { ...pack, tender }, downloadedAt: 0 });
    await engine.edit(INSPECTION, 'finding', FINDING, { kind: 'defect', text: 'SECRET-FINDING 蜂窩' });
    await engine.addPhoto(INSPECTION, FINDING, PHOTO, { filename: 'SECRET-FILE.jpg' }, 'evidence');
    await engine.keepDraft('half', 'SECRET-DRAFT');
    await engine.sendNow();
    const rows = [...(await dump(databaseName(engine.account.id))).entries()].filter(
      ([name]) => !OPEN_TABLES.has(name),
    );
    const disk = Buffer.concat(rows.flatMap(([, table]) => table.flatMap(parts)));
    expect(rows.flatMap(([, table]) => table).length).toBeGreaterThan(6);
    for (const text of ['SECRET', '蜂窩', '中山橋', 'leader', 'defect', 'image/jpeg'])
      expect(disk.includes(text), text).toBe(false);
    for (let at = 0; at + 16 <= PHOTO.length; at += 97)
      expect(disk.includes(Buffer.from(PHOTO.subarray(at, at + 16)))).toBe(false);
    expect(rows.every(([, table]) => table.every(isSealed))).toBe(true);
    await end();
  });

  test('the same row twice looks another each time', () => {
    const seal = () =>
      Buffer.from(sealRow(KEY, 'drafts', ['key'], { key: 'a', value: 1 }).sealed as Uint8Array);
    expect(seal().equals(seal())).toBe(false);
  });
});

/** Every byte and text of a row. */
function parts(row: Row): Buffer[] {
  const bytes = Object.values(row).filter((value) => ArrayBuffer.isView(value)) as Uint8Array[];
  const rest = Object.entries(row).filter(([, value]) => !ArrayBuffer.isView(value));
  return [Buffer.from(JSON.stringify(rest)), ...bytes.map((it) => Buffer.from(it))];
}

function flip(row: Row): void {
  const sealed = row.sealed as Uint8Array;
  sealed[30] = (sealed[30] as number) ^ 1;
}

describe('what cannot be opened', () => {
  test('without the key a row is locked, with another it is unreadable; neither is empty', async () => {
    await database(KEY).drafts.put({ key: 'a', value: 'x' });
    expect(await codeOf(database(null).drafts.get('a'))).toBe('locked');
    expect(await codeOf(database(OTHER_KEY).drafts.toArray())).toBe('unreadable');
    expect(
      await codeOf(
        database(OTHER_KEY)
          .drafts.filter(() => true)
          .toArray(),
      ),
    ).toBe('unreadable');
    expect(await database(KEY).drafts.get('a')).toEqual({ key: 'a', value: 'x' });
  });

  test.each([
    ['a flipped bit', 'photos', flip],
    ['another key', 'photos', (row: Row) => Object.assign(row, { sha256: 'b' })],
    ['another state', 'photos', (row: Row) => Object.assign(row, { state: 'stored' })],
    ['another table', 'receipts', (row: Row) => row],
  ])('%s is noticed', (_what, table, spoil) => {
    const plain = { sha256: 'a', state: 'local', size: 1 };
    const row = sealRow(KEY, 'photos', ['sha256', 'state'], plain);
    expect(openRow(KEY, 'photos', structuredClone(row))).toEqual(plain);
    spoil(row);
    expect(() => openRow(KEY, table, row)).toThrow('unreadable');
  });
});

describe('rows from before the key', () => {
  const all = async (db: FieldDatabase): Promise<Row[][]> => {
    const tables = db.tables.map(async (table) => {
      const rows = (await table.toArray()) as Row[];
      return ordered(rows, String(table.schema.primKey.keyPath));
    });
    return Promise.all(tables);
  };
  const plainLeft = async (): Promise<number> => {
    const tables = [...(await dump(databaseName(ACCOUNT)))].filter(([name]) => !OPEN_TABLES.has(name));
    return tables.flatMap(([, rows]) => rows).filter((row) => !isSealed(row)).length;
  };

  test('are read as they are, and sealed when they are written again', async () => {
    await database(null).drafts.bulkPut([
      { key: 'a', value: 'old' },
      { key: 'b', value: 'old' },
    ]);
    const db = database(KEY);
    expect(await db.drafts.get('a')).toEqual({ key: 'a', value: 'old' });
    await db.drafts.update('a', { value: 'new' });
    expect(await db.drafts.toArray()).toEqual([
      { key: 'a', value: 'new' },
      { key: 'b', value: 'old' },
    ]);
    const raw = (await dump(databaseName(ACCOUNT))).get('drafts') ?? [];
    expect(raw.map(isSealed)).toEqual([true, false]);
  });

  test('are all sealed by one pass, which changes nothing of them', async () => {
    const before = database(null);
    await fill(before, 7, 450);
    const wanted = await all(before);
    const db = await reopened(KEY);
    await sealOldRows(db, KEY);
    expect(await plainLeft()).toBe(0);
    expect(await all(db)).toEqual(wanted);
  });

  test('a kill between any two transactions leaves everything readable, and the pass goes on', async () => {
    const before = database(null);
    await fill(before, 8, 210);
    const wanted = await all(before);
    before.close();
    let parts = 0;
    for (let kill = 1; kill < 100; kill += 1) {
      const db = await reopened(KEY);
      parts = 0;
      const killed = sealOldRows(db, KEY, () => {
        parts += 1;
        if (parts === kill) throw new Error('killed');
      }).catch(() => undefined);
      await killed;
      expect(await all(db)).toEqual(wanted);
      db.close();
      if (parts < kill) break;
    }
    expect(parts).toBe(9); // by then one for each sealed table
    expect(await plainLeft()).toBe(0);
  });

  test('a transaction that the kill cuts leaves its rows as they were', async () => {
    await fill(database(null), 9, 20);
    const db = await reopened(KEY);
    const idb = db.backendDB();
    const open = idb.transaction.bind(idb);
    Object.assign(idb, {
      transaction: (...input: Parameters<typeof open>) => {
        const made = open(...input);
        setTimeout(() => made.abort(), 0);
        return made;
      },
    });
    const failed = await sealOldRows(db, KEY).then(
      () => false,
      () => true,
    );
    Object.assign(idb, { transaction: open });
    expect(failed).toBe(true);
    await sealOldRows(db, KEY);
    expect(await plainLeft()).toBe(0);
    expect(await db.operations.count()).toBe(20);
  });
});
