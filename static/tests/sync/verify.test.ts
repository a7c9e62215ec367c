// @vitest-environment node
/** Real signatures, by the browser's own crypto: the simulated server's are none. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { verifyEd25519 } from '../../src/sync/verify';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const KEY = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
const RECEIPT = '{"inspection":"查核"}';
const SIGNATURE = sign(null, Buffer.from(RECEIPT), privateKey).toString('hex');

afterEach(() => vi.restoreAllMocks());

test('what was signed is valid; a changed text, signature or key is not', async () => {
  expect(await verifyEd25519(KEY, RECEIPT, SIGNATURE)).toBe(true);
  expect(await verifyEd25519(KEY, `${RECEIPT} `, SIGNATURE)).toBe(false);
  expect(
    await verifyEd25519(
      KEY,
      RECEIPT,
      SIGNATURE.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    ),
  ).toBe(false);
  expect(await verifyEd25519(KEY, RECEIPT, SIGNATURE.slice(2))).toBe(false);
  expect(await verifyEd25519('no key', RECEIPT, SIGNATURE)).toBe(false);
});

test('a browser without Ed25519 says that it cannot check', async () => {
  vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('', 'NotSupportedError'));
  expect(await verifyEd25519(KEY, RECEIPT, SIGNATURE)).toBeNull();
});
