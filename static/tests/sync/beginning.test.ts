// @vitest-environment node
/** Fault 4: no offline start where the browser does not promise to keep what is stored. */
import 'fake-indexeddb/auto';

import { afterEach, expect, test } from 'vitest';
import type { World } from '../../src/engine/world';
import type { HttpRequest } from '../../src/sync/ports';
import { type Bench, bench, INSPECTION } from '../data/bench';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const PHOTO = new Uint8Array(50_000).fill(7);

let opened: Bench | null = null;
afterEach(async () => {
  await opened?.end();
  opened = null;
});

/** A tablet whose line can be cut, and whose browser promises or not. */
async function tablet(promised: boolean, world: Partial<World> = {}) {
  opened = await bench('leader');
  const { tablet: it } = opened;
  const honest = it.line.transport;
  const line = { cut: true };
  await it.engine.stop();
  await it.start({
    promised: async () => promised,
    transport: async (request: HttpRequest) => {
      if (line.cut) throw new TypeError('Failed to fetch');
      return honest(request);
    },
    ...world,
  });
  await it.engine.sendNow();
  return { engine: it.engine, db: it.db, line };
}

const edit = (engine: Bench['engine'], text: string) => engine.edit(INSPECTION, 'finding', FINDING, { text });

test('without a network and without a promise nothing is begun, and nothing is stored', async () => {
  const { engine, db } = await tablet(false);
  const refused = { code: 'storage_not_promised' };
  await expect(edit(engine, 'a')).rejects.toMatchObject(refused);
  await expect(engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence')).rejects.toMatchObject(refused);
  expect([await db.operations.count(), await db.photos.count()]).toEqual([0, 0]);
});

test('with a network it may be begun, and goes on when the network goes', async () => {
  const { engine, line } = await tablet(false);
  line.cut = false;
  await engine.sendNow();
  await edit(engine, 'a');
  line.cut = true;
  await engine.sendNow();
  expect(engine.status.get().offline).toBe(true);
  await edit(engine, 'b');
  await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
  expect(engine.status.get()).toMatchObject({ waiting: 2, waitingPhotos: 1 });
});

test('a browser that promises may begin without a network', async () => {
  const { engine } = await tablet(true);
  await edit(engine, 'a');
  expect(engine.status.get()).toMatchObject({ waiting: 1, offline: true });
});
