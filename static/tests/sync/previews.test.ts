// @vitest-environment node
/** Text first, small pictures, then originals; and what the server is told that this device still holds. */
import 'fake-indexeddb/auto';

import { afterEach, describe, expect, test } from 'vitest';
import type { HttpReply, HttpRequest } from '../../src/sync/ports';
import { MOST_PREVIEW } from '../../src/sync/previews';
import { type Bench, bench, INSPECTION } from '../data/bench';
import type { Tablet } from '../data/tablet';
import { problem } from '../simulation/twin/answers';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const OTHER = 'f0000000-0000-7000-8000-000000000002';
/** several chunks long: the first is half a megabyte */
const photo = (fill: number, size = 1_200_000): Uint8Array => new Uint8Array(size).fill(fill);

let opened: Bench | null = null;
afterEach(async () => {
  await opened?.end();
  opened = null;
});

const isPreview = ({ path }: HttpRequest): boolean => path.startsWith('/api/v1/previews/');
const kind = (request: HttpRequest): string => {
  if (isPreview(request)) return 'preview';
  if (request.path.startsWith('/api/v1/uploads')) return 'original';
  const { operations } = JSON.parse(String(request.body ?? '{}')) as { operations?: unknown[] };
  return operations?.length ? 'text' : 'other';
};

type Between = (request: HttpRequest, send: () => Promise<HttpReply>) => Promise<HttpReply>;

/** A tablet whose requests pass through `between`, and the list of what was sent. */
async function tapped(between: Between): Promise<Bench & { sent: HttpRequest[]; tablet: Tablet }> {
  opened = await bench('leader');
  const { tablet } = opened;
  const sent: HttpRequest[] = [];
  const honest = tablet.line.transport;
  await tablet.engine.stop();
  await tablet.start({
    transport: (request) => {
      sent.push(request);
      return between(request, () => honest(request));
    },
  });
  return { ...opened, sent };
}

const kinds = (sent: HttpRequest[]): string[] =>
  sent.map(kind).filter((it, at, all) => it !== 'other' && it !== all[at - 1]);

describe('small pictures go ahead of their originals', () => {
  test('text, then every small picture, then originals, then the text that waited for these', async () => {
    const { tablet, sent, server } = await tapped((_, send) => send());
    await tablet.engine.addPhoto(INSPECTION, FINDING, photo(1), {}, 'evidence');
    await tablet.engine.addPhoto(INSPECTION, null, photo(2), {}, 'site');
    await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await tablet.engine.sendNow();
    expect(kinds(sent).slice(0, 4)).toEqual(['text', 'preview', 'original', 'text']);
    expect(sent.filter(isPreview).map(({ path }) => path.split('?')[1])).toEqual([
      `inspection=${INSPECTION}&finding=${FINDING}`,
      `inspection=${INSPECTION}`,
    ]);
    expect([...server.previews.kept.values()]).toEqual([FINDING, '']);
    expect(server.log).toHaveLength(3);
  });

  test('one taken while an original is under way goes before the next chunk of it', async () => {
    let taken = false;
    const { tablet, sent } = await tapped(async (request, send) => {
      if (request.method === 'PATCH' && !taken) {
        taken = true;
        await tablet.engine.addPhoto(INSPECTION, OTHER, photo(2), {}, 'evidence');
      }
      return send();
    });
    await tablet.engine.addPhoto(INSPECTION, FINDING, photo(1), {}, 'evidence');
    await tablet.engine.sendNow();
    const methods = sent.filter((it) => it.method !== 'GET' && kind(it) !== 'other').map((it) => it.method);
    expect(methods.slice(0, 5)).toEqual(['PUT', 'POST', 'PATCH', 'PUT', 'PATCH']);
  });

  test('a line that breaks in the middle of one: it goes again, and once only after that', async () => {
    let broken = true;
    const { tablet, sent, server } = await tapped(async (request, send) => {
      if (isPreview(request) && broken) throw new TypeError('Failed to fetch');
      return send();
    });
    await tablet.engine.addPhoto(INSPECTION, FINDING, photo(1), {}, 'evidence');
    await tablet.engine.sendNow();
    expect(tablet.engine.status.get()).toMatchObject({ offline: true, waitingPhotos: 1 });
    broken = false;
    await tablet.engine.sendNow();
    await tablet.engine.sendNow();
    expect(sent.filter(isPreview)).toHaveLength(2);
    expect(server.previews.kept.size).toBe(1);
    expect(tablet.engine.status.get()).toMatchObject({ waiting: 0, waitingPhotos: 0 });
  });

  test('an upload that is killed half way sends its small picture no second time', async () => {
    let cut = true;
    const { tablet, sent } = await tapped(async (request, send) => {
      const answer = await send();
      if (request.method === 'PATCH' && cut) throw new TypeError('killed');
      return answer;
    });
    await tablet.engine.addPhoto(INSPECTION, FINDING, photo(1), {}, 'evidence');
    await tablet.engine.sendNow();
    cut = false;
    await tablet.engine.sendNow();
    expect(sent.filter(isPreview)).toHaveLength(1);
    expect(tablet.engine.status.get()).toMatchObject({ waitingPhotos: 0 });
  });

  test.each([413, 415, 404])(
    'one that the server refuses (%i) holds up nothing and is let go',
    async (status) => {
      const { tablet, sent, server } = await tapped(async (request, send) =>
        isPreview(request) ? problem(status, 'refused') : send(),
      );
      await tablet.engine.addPhoto(INSPECTION, FINDING, photo(1), {}, 'evidence');
      await tablet.engine.sendNow();
      await tablet.engine.sendNow();
      expect(sent.filter(isPreview)).toHaveLength(1);
      expect(server.log).toHaveLength(1);
    },
  );

  test('one that is too large is not sent at all', async () => {
    const { tablet, sent } = await tapped((_, send) => send());
    const saved = await tablet.engine.addPhoto(INSPECTION, FINDING, photo(1), {}, 'evidence');
    await tablet.db.thumbnails.put({ sha256: saved.sha256, bytes: new Uint8Array(MOST_PREVIEW + 1) });
    await tablet.engine.sendNow();
    expect(sent.filter(isPreview)).toEqual([]);
    expect(tablet.engine.status.get()).toMatchObject({ waitingPhotos: 0 });
  });

  test('papers with scores or signatures have none', async () => {
    const { tablet, sent, server } = await tapped((_, send) => send());
    await tablet.engine.addPhoto(INSPECTION, null, photo(1), {}, 'score_paper');
    await tablet.engine.addPhoto(INSPECTION, null, photo(2), {}, 'signed_paper');
    await tablet.engine.sendNow();
    expect(sent.filter(isPreview)).toEqual([]);
    expect(server.log).toHaveLength(2);
  });

  test('a photo that an earlier version of the app kept gets its small picture sent, and loses nothing', async () => {
    const { tablet, sent, server } = await tapped((_, send) => send());
    const saved = await tablet.engine.addPhoto(INSPECTION, FINDING, photo(1), {}, 'evidence');
    const { preview: _, ...old } = (await tablet.db.photos.get(saved.sha256)) ?? {};
    await tablet.db.photos.put({ ...old, state: 'uploading', offset: 0 } as never);
    await tablet.engine.sendNow();
    expect(sent.filter(isPreview)).toHaveLength(1);
    expect((await tablet.db.photos.get(saved.sha256))?.preview).toBe('sent');
    expect(server.log).toHaveLength(1);
  });
});

describe('what this device still holds is told with each exchange', () => {
  const told = (sent: HttpRequest[]): unknown[] =>
    sent
      .filter(({ path }) => path === '/api/v1/sync')
      .map(({ body }) => (JSON.parse(String(body)) as { holds: unknown }).holds)
      .filter((it) => it !== null);
  const holding = (operations: number, photos: number) => [{ inspection: INSPECTION, operations, photos }];

  test('before the photos go, and again when they are through; nothing where nothing changed', async () => {
    const { tablet, sent } = await tapped((_, send) => send());
    await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await tablet.engine.addPhoto(INSPECTION, FINDING, photo(1), {}, 'evidence');
    await tablet.engine.sendNow();
    await tablet.engine.sendNow();
    expect(told(sent)).toEqual([holding(1, 1), holding(0, 0)]);
  });

  test('a line that breaks at the photos leaves the server knowing what is missing', async () => {
    const { tablet, sent } = await tapped(async (request, send) => {
      if (kind(request) === 'original') throw new TypeError('Failed to fetch');
      return send();
    });
    await tablet.engine.addPhoto(INSPECTION, FINDING, photo(1), {}, 'evidence');
    await tablet.engine.addPhoto(INSPECTION, FINDING, photo(2), {}, 'evidence');
    await tablet.engine.sendNow();
    expect(told(sent).at(-1)).toEqual(holding(2, 2));
  });

  test('a request whose answer was lost tells it again', async () => {
    let lost = 1;
    const { tablet, sent } = await tapped(async (request, send) => {
      const answer = await send();
      if (request.path === '/api/v1/sync' && lost-- > 0) throw new TypeError('Failed to fetch');
      return answer;
    });
    await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await tablet.engine.sendNow();
    await tablet.engine.sendNow();
    expect(told(sent)).toEqual([holding(0, 0), holding(0, 0)]);
  });
});
