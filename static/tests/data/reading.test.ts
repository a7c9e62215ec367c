// @vitest-environment node
import 'fake-indexeddb/auto';
import { afterEach, expect, test } from 'vitest';
import { FieldDatabase } from '../../src/data/schema';
import { type Bench, bench, INSPECTION } from './bench';
import { KEY } from './tablet';

const OTHER = '11111111-0000-7000-8000-000000000002';

let opened: Bench | null = null;
afterEach(async () => {
  await opened?.end();
  opened = null;
});

test('an inspection whose reading failed holds up no other, and is read at the next look', async () => {
  opened = await bench('leader');
  const { tablet } = opened;
  const [row] = await tablet.db.packages.toArray();
  await tablet.db.packages.put({ ...(row as NonNullable<typeof row>), inspection: OTHER });
  await tablet.engine.stop();
  const db = new FieldDatabase(tablet.account.id, KEY);
  await tablet.start({ openDatabase: () => db.open().then(() => db) });
  const { engine } = tablet;
  const get = db.packages.get.bind(db.packages);
  const broken = new Set([INSPECTION]);
  Object.assign(db.packages, {
    get: (key: string) => {
      if (broken.has(key)) throw new Error('the disk');
      return get(key);
    },
  });
  const versions = () => engine.inspections.get().map((it) => it.package.version);
  const [first] = versions();
  await db.packages.toCollection().modify((row) => {
    row.package.version = 9;
  });
  await expect(engine.sendNow()).rejects.toThrow('the disk');
  expect(versions()).toEqual([first, 9]);
  broken.clear();
  await engine.sendNow();
  expect(versions()).toEqual([9, 9]);
});
