// @vitest-environment node
import 'fake-indexeddb/auto';

import Dexie from 'dexie';
import { afterEach, expect, test, vi } from 'vitest';
import { tellWitnessKey, witnessed } from '../../src/engine/witness';
import type { HttpReply, HttpRequest, Transport } from '../../src/sync/ports';
import type { Picture } from '../../src/worker/picture';

const NOW = Date.UTC(2026, 10, 23, 1);
const ABOUT = { account: 'wu', device: 'tablet', inspection: 'i', finding: 'f' };
const BYTES = new Uint8Array(1234);
const PICTURE: Picture = {
  sha256: 'ab'.repeat(32),
  type: 'image/jpeg',
  width: 4000,
  height: 3000,
  takenAt: null,
  position: { latitude: 22.63, longitude: 120.3, accuracy: 5 },
  thumbnail: new Uint8Array(1),
};

const read = witnessed(
  async () => ({ ok: true, picture: PICTURE }),
  () => NOW,
);

/** What a photo carries, null for nothing. */
async function witness(about: typeof ABOUT | undefined = ABOUT) {
  const result = await read(BYTES, about);
  if (!result.ok) throw new Error('not read');
  expect({ ...result.picture, witness: undefined }).toEqual({ ...PICTURE, witness: undefined });
  const text = result.picture.witness;
  return text === undefined ? null : (JSON.parse(text) as Record<'facts' | 'key' | 'signature', string>);
}

const asked: HttpRequest[] = [];

/** Our server, or one that answers `key` for every key. */
const server =
  (key?: string): Transport =>
  async (request) => {
    asked.push(request);
    const text = key === undefined ? String(request.body) : JSON.stringify({ key });
    return { status: 200, header: () => 'application/json', text } satisfies HttpReply;
  };

afterEach(async () => {
  vi.restoreAllMocks();
  asked.length = 0;
  await Dexie.delete('inspect-app-witness');
});

test('a photo is signed by the key that the server was told, with what the device knows of it', async () => {
  expect(await witness()).toBeNull();
  await tellWitnessKey(server(), 'wu', 'tablet');
  const first = await witness();
  const second = await witness();
  if (first === null || second === null) throw new Error('nothing was signed');
  const told = JSON.parse(String(asked[0]?.body)) as { key: string };
  expect([asked[0]?.method, asked[0]?.path]).toEqual(['PUT', '/api/v1/device-key/witness']);
  expect([first.key, second.key]).toEqual([told.key, told.key]);
  expect(await fits(first)).toBe(true);
  expect(await fits({ ...first, facts: second.facts })).toBe(false);
  expect(JSON.parse(first.facts)).toEqual({
    sha256: PICTURE.sha256,
    size: 1234,
    type: 'image/jpeg',
    at: '2026-11-23T01:00:00.000Z',
    count: 1,
    position: { lat_e7: 226_300_000, lon_e7: 1_203_000_000 },
    device: 'tablet',
    inspection: 'i',
    finding: 'f',
  });
  expect(JSON.parse(second.facts)).toMatchObject({ count: 2 });
});

async function fits({ facts, key, signature }: Record<'facts' | 'key' | 'signature', string>) {
  const curve = { name: 'ECDSA', namedCurve: 'P-256' };
  const known = await crypto.subtle.importKey('raw', bytesOf(key), curve, false, ['verify']);
  const hash = { name: 'ECDSA', hash: 'SHA-256' };
  return crypto.subtle.verify(hash, known, bytesOf(signature), new TextEncoder().encode(facts));
}

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

test('the key is one for each person, and nobody gets its private half', async () => {
  const made = vi.spyOn(crypto.subtle, 'generateKey');
  await Promise.all([tellWitnessKey(server(), 'wu', 'tablet'), tellWitnessKey(server(), 'wu', 'tablet')]);
  await tellWitnessKey(server(), 'lin', 'tablet');
  const keys = asked.map(({ body }) => (JSON.parse(String(body)) as { key: string }).key);
  expect(keys[0]).toBe(keys[1]);
  expect(keys[2]).not.toBe(keys[0]);
  for (const { value } of made.mock.results) {
    const { privateKey } = (await value) as CryptoKeyPair;
    expect(privateKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('pkcs8', privateKey)).rejects.toThrow();
    await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
  }
});

test('nothing is signed before our server knows the key, nor as another device or person', async () => {
  await tellWitnessKey(server('0'.repeat(130)), 'wu', 'tablet');
  expect(await witness()).toBeNull();
  await tellWitnessKey(async () => Promise.reject(new TypeError('Failed to fetch')), 'wu', 'tablet');
  expect(await witness()).toBeNull();
  await tellWitnessKey(server(), 'wu', 'tablet');
  expect(await witness({ ...ABOUT, device: 'another' })).toBeNull();
  expect(await witness({ ...ABOUT, account: 'lin' })).toBeNull();
  expect(await witness()).not.toBeNull();
  const result = await read(BYTES);
  expect(result).toEqual({ ok: true, picture: PICTURE });
});

test('a browser that cannot sign, or never answers, holds up no photo', async () => {
  await tellWitnessKey(server(), 'wu', 'tablet');
  vi.spyOn(crypto.subtle, 'sign').mockRejectedValueOnce(new Error('no'));
  expect(await witness()).toBeNull();
  vi.spyOn(crypto.subtle, 'sign').mockReturnValueOnce(new Promise(() => undefined));
  expect(await witness()).toBeNull();
  expect(await witness()).not.toBeNull();
});

test('what is no photo is told as before', async () => {
  const refusing = witnessed(
    async () => ({ ok: false, code: 'retake', detail: 'empty' }),
    () => NOW,
  );
  expect(await refusing(BYTES, ABOUT)).toEqual({ ok: false, code: 'retake', detail: 'empty' });
});
