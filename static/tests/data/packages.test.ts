// @vitest-environment node
import 'fake-indexeddb/auto';

import { afterEach, describe, expect, test } from 'vitest';
import type { Package } from '../../src/data/api';
import { sha256Hex } from '../../src/domain/digest';
import { exactJson, type Json } from '../../src/domain/json';
import { marks } from '../../src/domain/packages';
import type { HttpReply, HttpRequest } from '../../src/sync/ports';
import { json, problem, reply } from '../simulation/twin/server';
import { type Bench, bench, INSPECTION } from './bench';

const ADDRESS = `/api/v1/packages/${INSPECTION}`;
const TEAM = [{ account: 'a', name: '王', role: 'leader', external: false }];
const wanted = (more: object = {}): Package =>
  ({ inspection: INSPECTION, version: 2, phase: 'released', role: 'leader', visit: { date: '2026-11-23', date_end: null, team: TEAM }, tender: { name: '橋', lat: 25.04 }, contract: {}, edition: '', history: [], ...more }) as Package; // biome-ignore format: one package
const hash = sha256Hex(exactJson(wanted() as unknown as Json));
const held = (more: object = {}) => wanted({ version: 1, tender: { name: '橋' }, ...more });
const delta = { inspection: INSPECTION, set: { version: 2, 'tender/lat': 25.04 }, drop: [], hash };

let opened: Bench | null = null;
afterEach(async () => {
  await opened?.end();
  opened = null;
});

/** A tablet that holds a package, and what it asked the server for. */
async function holding(pack: Package, changes: () => HttpReply, phase = 'released') {
  const asked: HttpRequest[] = [];
  const browser = { stranger: false };
  const transport = async (request: HttpRequest): Promise<HttpReply> => {
    if (request.path === '/api/v1/session') return json(200, session(browser.stranger));
    asked.push(request);
    const line = { inspection: INSPECTION, version: 2, phase, role: 'leader', date: null, district: null };
    if (request.path === '/api/v1/packages') return json(200, { packages: [line] });
    if (request.path === `${ADDRESS}/changes`) return changes();
    return json(200, request.method === 'POST' ? { inspection: INSPECTION, phase } : wanted());
  };
  opened = await bench('leader', { transport });
  const { db } = opened.tablet;
  await db.packages.put({ inspection: INSPECTION, package: pack, downloadedAt: 0 });
  const ways = () => asked.map(({ method, path }) => `${method} ${path.replace('/api/v1/packages', '')}`);
  const kept = async () => (await db.packages.get(INSPECTION))?.package;
  return { engine: opened.engine, asked, ways, kept, browser };
}

/** Who the browser's cookie stands for. */
function session(stranger: boolean): object {
  const known = opened?.engine;
  const account = { ...known?.account, ...(stranger ? { id: 'b' } : {}) };
  return { account, device: known?.device, epoch: 'e', server_time: '2026-11-23T00:00:00Z', receipt_key: '' };
}

test('where somebody else has signed in since, nothing of theirs is asked for', async () => {
  const { engine, asked, browser, kept } = await holding(held(), () => json(200, delta));
  browser.stranger = true;
  for (const asking of [engine.packages(), engine.download(INSPECTION), engine.arrive(INSPECTION)])
    await expect(asking).rejects.toMatchObject({ code: 'signed_out' });
  expect(asked).toEqual([]);
  expect(await kept()).toEqual(held());
});

const CHANGES = `POST /${INSPECTION}/changes`;
const WHOLE = `GET /${INSPECTION}`;

describe('a package that is held already', () => {
  test('only what changed comes; of what is held only marks are told', async () => {
    const { engine, asked, ways, kept } = await holding(held(), () => json(200, delta));
    await engine.download(INSPECTION);
    expect(ways()).toEqual([CHANGES]);
    expect(await kept()).toEqual(wanted());
    expect(JSON.parse(String(asked[0]?.body))).toEqual({ held: marks(held() as never) });
    expect(String(asked[0]?.body)).not.toContain('橋');
  });

  test.each([
    ['a part was lost', () => json(200, { ...delta, set: { version: 2 } })],
    ['a part was spoilt', () => json(200, { ...delta, set: { ...delta.set, 'tender/lat': 25.05 } })],
    ['a part goes that should stay', () => json(200, { ...delta, drop: ['tender/name'] })],
    ['it is no package at all', () => json(200, { ...delta, set: {}, drop: ['visit/team'] })],
    [
      'it was cut',
      () => reply(200, JSON.stringify(delta).slice(0, 60), { 'content-type': 'application/json' }),
    ],
    ['it has another shape', () => json(200, { inspection: INSPECTION })],
    ['the server is older', () => problem(404, 'not_found')],
    ['the server fails at it', () => problem(500, 'internal')],
  ])('the whole is taken where %s', async (_why, changes) => {
    const { engine, ways, kept } = await holding(held(), changes);
    await engine.download(INSPECTION);
    expect(ways()).toEqual([CHANGES, WHOLE]);
    expect(await kept()).toEqual(wanted());
  });

  test('a line that is lost leaves what is held as it is', async () => {
    const { engine, kept } = await holding(held(), () => {
      throw new TypeError('Failed to fetch');
    });
    await expect(engine.download(INSPECTION)).rejects.toMatchObject({ code: 'unreachable' });
    expect(await kept()).toEqual(held());
  });
});

describe('before the release', () => {
  const sealed = () => held({ phase: 'before', tender: {}, filling: 'xxx' });

  test('nothing is said of what is held, and the whole comes each time', async () => {
    const { engine, asked, ways } = await holding(sealed(), () => json(200, delta), 'before');
    await engine.packages();
    await engine.download(INSPECTION);
    expect(ways()).toEqual(['GET ', WHOLE]);
    expect(asked.every(({ body }) => body === undefined)).toBe(true);
  });

  test.each([
    ['the arrival', (engine: Bench['engine']) => engine.arrive(INSPECTION)],
    [
      'the list',
      async (engine: Bench['engine']) => {
        await engine.packages();
        await engine.download(INSPECTION);
      },
    ],
  ])('from the release on, known by %s, what changed is enough', async (_how, go) => {
    const set = { version: 2, phase: 'released', 'tender/name': '橋', 'tender/lat': 25.04 };
    const opening = { ...delta, set, drop: ['filling', 'tender'] };
    const { engine, ways, kept } = await holding(sealed(), () => json(200, opening));
    await go(engine);
    expect(ways().slice(1)).toEqual([CHANGES]);
    expect(await kept()).toEqual(wanted());
  });
});
