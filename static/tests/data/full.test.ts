// @vitest-environment node
/** A full disk keeps nobody out, and holds up nothing that can still be done. */
import 'fake-indexeddb/auto';

import Dexie from 'dexie';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fingerprintOf } from '../../src/data/pin';
import { entityOf } from '../../src/domain/operations';
import { keepAtWork, lockOf, personAtWork, setPin } from '../../src/engine';
import { json } from '../simulation/twin/server';
import { type Bench, bench, INSPECTION, until } from './bench';
import { fillableDisk } from './disk';
import { spoil } from './rot';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const PHOTO = new Uint8Array(50_000).map((_, at) => at % 251);
const OTHER_PHOTO = new Uint8Array(40_000).map((_, at) => at % 241);

let opened: Bench;
let disk: { full: boolean };
beforeEach(async () => {
  disk = fillableDisk();
  opened = await bench('leader', { reserveSlots: 2 });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await opened.end();
  await Dexie.delete('inspect-app-people');
});

test('killed before a photo was read back: the next start is let in, and the photo counts', async () => {
  const { engine, tablet } = opened;
  const { sha256 } = await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
  await engine.stop();
  await tablet.db.photos.update(sha256, { state: 'unverified' });
  disk.full = true;
  await tablet.start({ reserveSlots: 2 });
  expect((await tablet.db.photos.get(sha256))?.state).toBe('local');
});

test('originals that may go make room', async () => {
  const { engine, server, clock } = opened;
  server.archived = true;
  await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
  await engine.sendNow();
  clock.now += 31 * 86_400_000;
  await engine.sendNow();
  disk.full = true;
  expect(await engine.prune()).toBe(PHOTO.length);
});

test('the session is over: signing in again lets in, and what waits is sent', async () => {
  const { engine, tablet, server } = opened;
  await engine.signIn('secret');
  await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
  tablet.line.signedOut = true;
  await engine.sendNow();
  disk.full = true;
  tablet.line.signedOut = false;
  await engine.signIn('secret');
  expect(server.log).toHaveLength(1);
});

test('a PIN is chosen and changed, and who is at work is kept', async () => {
  const { engine } = opened;
  await engine.signIn('secret');
  const { id, login } = engine.account;
  disk.full = true;
  const key = new Uint8Array(32).fill(3);
  await setPin(id, '314159', key, { transport: async () => json(200, { fingerprint: fingerprintOf(key) }) });
  expect((await lockOf(id))?.tries).toBe(0);
  await keepAtWork(login);
  expect(await personAtWork()).toBe(login);
});

test('a photo that no longer opens, for which there is no room aside, holds up no other', async () => {
  const { engine, server } = opened;
  const spoilt = await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
  const sound = await engine.addPhoto(INSPECTION, FINDING, OTHER_PHOTO, {}, 'evidence');
  await spoil(engine.account.id, 'photoBytes', (row) => row.sha256 === spoilt.sha256);
  disk.full = true;
  await engine.sendNow();
  expect([...server.photos.originals.keys()]).toEqual([sound.sha256]);
  expect(engine.status.get()).toMatchObject({ waitingPhotos: 1 });
  disk.full = false;
  await engine.sendNow();
  expect(engine.spoilt.get()).toMatchObject([{ kind: 'photo', sha256: spoilt.sha256 }]);
});

test('a text that no longer opens is set aside with the help of the reserve', async () => {
  const { engine } = opened;
  await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
  await spoil(engine.account.id, 'operations');
  disk.full = true;
  await until(engine, ({ fold }) => entityOf(fold, 'finding', FINDING) === null);
  await vi.waitFor(() => expect(engine.spoilt.get()).toHaveLength(1));
});
