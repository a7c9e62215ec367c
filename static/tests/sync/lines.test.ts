// @vitest-environment node
import 'fake-indexeddb/auto';

import Dexie from 'dexie';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { knownPeople } from '../../src/engine';
import { room } from '../../src/engine/storage';
import type { World } from '../../src/engine/world';
import type { HttpRequest } from '../../src/sync/ports';
import { type Bench, bench, INSPECTION } from '../data/bench';
import { seeded } from '../simulation/random';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const OTHER = 'f0000000-0000-7000-8000-000000000002';
const PHOTO = new Uint8Array(60_000).map((_, at) => at % 251);
const HOUR = 3_600_000;

let opened: Bench | null = null;
afterEach(async () => {
  vi.unstubAllGlobals();
  await opened?.end();
  opened = null;
});

/** As they go over the line: a Chinese character of a text is three. */
const bytesOf = ({ body }: HttpRequest): number =>
  typeof body === 'string' ? new TextEncoder().encode(body).length : (body?.length ?? 0);

/** 1 kbit/s, 30 s each way, every second request lost; what the client gives up before it is through is lost, too. */
function slowLine({ tablet, clock }: Bench, arrived: (request: HttpRequest) => void): World['transport'] {
  const random = seeded(7);
  const honest = tablet.line.transport;
  return async (request) => {
    const needed = 2 * 30_000 + bytesOf(request) * 8;
    clock.now += Math.min(needed, request.timeout);
    if (needed > request.timeout || random() < 0.5) throw new TypeError('no answer');
    arrived(request);
    return honest(request);
  };
}

describe('a line of 1 kbit/s with 30 s of delay that loses every second request', () => {
  test('text arrives before the photo, the photo arrives, and no time-out is too short for its own bytes', async () => {
    opened = await bench('leader');
    const { server, clock, tablet } = opened;
    const arrived: string[] = [];
    const transport = slowLine(opened, (request) => {
      arrived.push(request.path === '/api/v1/sync' && bytesOf(request) > 300 ? 'text' : request.method);
    });
    await tablet.engine.stop();
    await tablet.start({ transport });
    await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await tablet.engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
    await tablet.engine.edit(INSPECTION, 'finding', OTHER, { text: 'b' });
    const done = (): boolean => server.log.length >= 3 && tablet.engine.status.get().waitingPhotos === 0;
    for (let round = 0; round < 400 && !done(); round++) {
      clock.now += HOUR;
      await tablet.engine.sendNow();
    }
    expect(done()).toBe(true);
    expect(arrived.indexOf('text')).toBeGreaterThanOrEqual(0);
    expect(arrived.indexOf('text')).toBeLessThan(arrived.indexOf('PATCH'));
  });

  test.each([
    ['three thousand characters', '蜂'.repeat(3_000), 1],
    ['100 kB, the longest there is to be', '窩'.repeat(100_000 / 3), 1],
    ['many at once', '鋼筋外露'.repeat(50), 40],
  ])('Chinese text arrives: %s', async (_name, text, count) => {
    opened = await bench('leader');
    const { server, clock, tablet } = opened;
    const transport = slowLine(opened, () => undefined);
    await tablet.engine.stop();
    await tablet.start({ transport });
    for (let number = 0; number < count; number++)
      await tablet.engine.edit(INSPECTION, 'finding', finding(number), { text });
    for (let round = 0; round < 100 && server.log.length < count; round++) {
      clock.now += HOUR;
      await tablet.engine.sendNow();
    }
    expect(server.log).toHaveLength(count);
  });
});

const finding = (number: number): string => `f0000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

describe('the pieces of a photo', () => {
  const MIB = 1024 * 1024;

  /** The pieces that arrive whole, in MiB; `pass` says whether one does. */
  async function pieces(size: number, pass: (bytes: number) => boolean, rounds = 1): Promise<number[]> {
    opened = await bench('leader');
    const { tablet, clock } = opened;
    const honest = tablet.line.transport;
    const sent: number[] = [];
    await tablet.engine.stop();
    await tablet.start({
      transport: async (request) => {
        if (request.method !== 'PATCH') return honest(request);
        if (!pass(bytesOf(request))) throw new TypeError('no answer');
        sent.push(bytesOf(request) / MIB);
        return honest(request);
      },
    });
    await tablet.engine.addPhoto(INSPECTION, FINDING, new Uint8Array(size * MIB).fill(7), {}, 'evidence');
    for (let round = 0; round < rounds; round++) {
      clock.now += HOUR;
      await tablet.engine.sendNow();
    }
    expect(tablet.engine.status.get().waitingPhotos).toBe(0);
    return sent;
  }

  test('on a good line are of one MiB, then of two', async () => {
    expect(await pieces(7, () => true)).toEqual([1, 2, 2, 2]);
  });

  test('become small on a line that lets nothing large through, and what came is not sent again', async () => {
    const sent = await pieces(1, (bytes) => bytes <= 40_000, 100);
    expect(Math.max(...sent) * MIB).toBeLessThanOrEqual(40_000);
    expect(sent.reduce((sum, piece) => sum + piece, 0)).toBe(1);
  });
});

describe('a line that is cut behind a few kilobytes', () => {
  test('gets smaller batches until they pass', async () => {
    opened = await bench('leader');
    const { tablet, clock, server } = opened;
    const honest = tablet.line.transport;
    await tablet.engine.stop();
    await tablet.start({
      transport: async (request) => {
        if (bytesOf(request) > 8_000) throw new TypeError('cut');
        return honest(request);
      },
    });
    for (let number = 1; number <= 12; number++)
      await tablet.engine.edit(INSPECTION, 'finding', finding(number), { text: 'a'.repeat(2_000) });
    for (let round = 0; round < 20 && server.log.length < 12; round++) {
      clock.now += HOUR;
      await tablet.engine.sendNow();
    }
    expect(server.log).toHaveLength(12);
  });
});

describe('text beside a photo', () => {
  test('waits for one piece at most, and pieces are small where the line is slow', async () => {
    opened = await bench('leader');
    const { tablet, clock, server } = opened;
    const honest = tablet.line.transport;
    const seconds: number[] = [];
    let written = 0;
    await tablet.engine.stop();
    await tablet.start({
      transport: async (request) => {
        const needed = Math.ceil(bytesOf(request) / 6250); // 50 kbit/s
        clock.now += needed * 1000;
        if (request.method !== 'PATCH') return honest(request);
        seconds.push(needed);
        await tablet.engine.edit(INSPECTION, 'finding', finding(++written), { text: 'meanwhile' });
        return honest(request);
      },
    });
    await tablet.engine.addPhoto(INSPECTION, FINDING, new Uint8Array(3 * 1024 * 1024), {}, 'evidence');
    await tablet.engine.sendNow();
    expect(tablet.engine.status.get()).toMatchObject({ waiting: 0, waitingPhotos: 0 });
    expect(server.log).toHaveLength(written + 1);
    expect(seconds[0]).toBeGreaterThan(60);
    expect(Math.max(...seconds.slice(2))).toBeLessThan(30);
  });
});

describe('a photo that the server finds spoilt each time, once all of it has come', () => {
  test('is set aside after some tries, and the others go', async () => {
    opened = await bench('leader');
    const { tablet, server, engine } = opened;
    const bytes = new Uint8Array(3 * 1024 * 1024).fill(7);
    const { sha256 } = await engine.addPhoto(INSPECTION, FINDING, bytes, {}, 'evidence');
    const sound = await engine.addPhoto(INSPECTION, FINDING, PHOTO, {}, 'evidence');
    await tablet.db.photoBytes.put({ sha256, bytes: bytes.fill(8) }); // as a bad memory reads them
    await engine.sendNow();
    expect([...server.photos.originals.keys()]).toEqual([sound.sha256]);
    expect(engine.status.get()).toMatchObject({ waitingPhotos: 1, problem: 'items_parked' });
    expect((await tablet.db.photos.get(sha256))?.reason).toBe('hash_mismatch');
  });
});

describe('a certificate that cannot be trusted', () => {
  test('the browser gives no answer: nothing is sent, everything is kept, and it says so', async () => {
    opened = await bench('leader');
    const { server, tablet } = opened;
    const honest = tablet.line.transport;
    await tablet.engine.stop();
    await tablet.start({
      transport: async () => {
        throw new TypeError('Failed to fetch'); // net::ERR_CERT_AUTHORITY_INVALID, as pages see it
      },
    });
    await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await tablet.engine.sendNow();
    expect(tablet.engine.status.get()).toMatchObject({ waiting: 1, offline: true });
    expect(server.log).toEqual([]);
    await tablet.engine.stop();
    await tablet.start({ transport: honest });
    await tablet.engine.sendNow();
    expect(server.log).toHaveLength(1);
  });
});

describe('what the browser promises of its storage', () => {
  test('a refused promise is told as such, and so is a browser without any', async () => {
    const refusing = { persisted: async () => false, persist: async () => false, estimate: async () => ({}) };
    vi.stubGlobal('navigator', { storage: refusing });
    expect(await room()).toEqual({ persisted: false, usage: null, quota: null });
    vi.stubGlobal('navigator', {});
    expect(await room()).toMatchObject({ persisted: false });
    vi.stubGlobal('navigator', { storage: { ...refusing, persist: async () => true } });
    expect(await room()).toMatchObject({ persisted: true });
  });
});

describe('an upgrade of the data', () => {
  test('who worked here stays known from the first version on', async () => {
    const old = new Dexie('inspect-app-people');
    old.version(1).stores({ people: 'login' });
    const person = { login: 'wang', account: null, device: { id: FINDING, name: 'tablet' }, lastSignIn: 1 };
    await old.table('people').put(person);
    old.close();
    expect(await knownPeople()).toEqual([person]);
  });
});
