// @vitest-environment node
/** The disk in memory against the real one: the same story, the same requests, the same rows; and an upgrade under way. */
import 'fake-indexeddb/auto';

import { expect, test } from 'vitest';
import type { Engine } from '../../src/data/api';
import { FieldDatabase, SCHEMA_VERSION } from '../../src/data/schema';
import { openEngine } from '../../src/engine/open';
import type { HttpRequest } from '../../src/sync/ports';
import { fakePicture, packageFor } from './device';
import { Disk, MemoryDatabase } from './memory';
import { below, counted, seeded } from './random';
import { verifyInNode } from './signatures';
import { SimulatedServer } from './twin/server';

const KEY = new Uint8Array(32).fill(5);
const INSPECTION = 'a0000005-0000-7000-8000-00000000000a';
const LEADER = 'a0000001-0000-7000-8000-00000000000a';
const TEAM = { leader: LEADER, members: [LEADER], staff: [] };
const PERSON = {
  account: { id: LEADER, login: 'leader', name: 'leader', roles: ['inspector'], agency: null },
  device: { id: 'd0000001-0000-7000-8000-000000000000', name: 'tablet' },
};

interface Stage {
  server: SimulatedServer;
  requests: string[];
  now: number;
}

const stage = (): Stage => ({ server: new SimulatedServer(TEAM), requests: [], now: 1_795_395_600_000 });

async function opened(db: FieldDatabase, on: Stage, newId = counted(1)): Promise<Engine> {
  const row = { inspection: INSPECTION, package: packageFor(INSPECTION, TEAM), downloadedAt: 0 };
  await db.packages.put(row);
  return openEngine(PERSON, {
    transport: async (request: HttpRequest) => {
      on.requests.push(`${request.method} ${request.path} ${String(request.body).slice(0, 2000)}`);
      return on.server.handle(request, LEADER, on.now);
    },
    clock: () => on.now,
    random: () => 0.5,
    newId,
    verify: verifyInNode,
    readPicture: fakePicture,
    promised: async () => true,
    reserveSlots: 0,
    triggers: () => ({ saved: () => undefined, stop: () => undefined }),
    openDatabase: async () => db,
    sealedOnly: false,
  });
}

/** Edits, photos, runs, a restore of an older state; answers every request and every row. */
async function told(db: FieldDatabase, seed: number): Promise<unknown> {
  const on = stage();
  const chance = seeded(seed);
  const engine = await opened(db, on);
  const backup = on.server.snapshot();
  for (let step = 0; step < 18; step++) {
    const finding = `f000000${below(chance, 3)}-0000-7000-8000-000000000000`;
    const dice = chance();
    on.now += 30_000;
    if (dice < 0.45) {
      const flavour = ['text', 'text', 'refuse-me', 'poison'][below(chance, 4)];
      await engine.edit(INSPECTION, 'finding', finding, { kind: 'defect', text: `${flavour} ${step}` });
    } else if (dice < 0.6) {
      await engine.addPhoto(INSPECTION, finding, new Uint8Array(100 + step), {}, 'evidence');
    } else if (dice < 0.92) await engine.sendNow();
    else on.server.restore(backup);
  }
  await engine.sendNow();
  const rows = [await db.operations.toArray(), await db.photos.toArray(), await db.receipts.count()];
  await engine.stop();
  return [on.requests, rows];
}

test.each([1, 2, 3, 4, 5, 6])('story %i: both stores send the same and hold the same', async (seed) => {
  // Sealed and plain in turn: the rows that are read are the same.
  const real = new FieldDatabase(`stores-${seed}`, seed % 2 === 0 ? KEY : null);
  const memory = new MemoryDatabase(new Disk()) as unknown as FieldDatabase;
  expect(await told(memory, seed)).toEqual(await told(real, seed));
});

/** What the next release may bring: another index, and every row rewritten. */
class NextDatabase extends FieldDatabase {
  constructor(account: string) {
    super(account, KEY);
    this.version(SCHEMA_VERSION + 1)
      .stores({ operations: 'id, inspection, state, n, [inspection+device+seq]' })
      .upgrade((upgrade) => upgrade.table('operations').toCollection().modify({ upgraded: true }));
  }
}

test('a newer version upgrades the store in mid-upload of an open page: nothing is lost, the queue goes on', async () => {
  const on = stage();
  const newId = counted(1);
  const old = new FieldDatabase('upgraded', KEY);
  old.on('versionchange', () => {
    old.close({ disableAutoOpen: true });
    return false;
  });
  const before = await opened(old, on, newId);
  const finding = 'f0000000-0000-7000-8000-000000000000';
  await before.edit(INSPECTION, 'finding', finding, { kind: 'defect', text: 'before' });
  await before.addPhoto(INSPECTION, finding, new Uint8Array(700_000), {}, 'evidence');
  const next = new NextDatabase('upgraded');
  const running = before.sendNow().catch(() => undefined);
  await next.open();
  await running;
  await before.stop();
  const after = await opened(next, on, newId);
  await after.edit(INSPECTION, 'finding', finding, { text: 'after' });
  on.now += 60_000;
  await after.sendNow();
  expect(after.status.get()).toMatchObject({ waiting: 0, waitingPhotos: 0 });
  const texts = on.server.log.map(({ operation }) => operation.set.text).filter((text) => text !== undefined);
  expect(texts.at(-1)).toBe('after');
  expect([...on.server.photos.originals.values()].map((bytes) => bytes.length)).toEqual([700_000]);
  expect(on.server.alarms).toEqual([]);
  await after.stop();
});
