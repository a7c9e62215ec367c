/** Ed25519 by Node, at once: a thread pool would make the order of two tabs a matter of luck. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type { VerifySignature } from '../../src/sync/ports';
import { Answers } from './remembered/remember';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const rawKey = (key: KeyObject): string =>
  Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');

/** The twin's, in hex. */
export const RECEIPT_KEY = rawKey(publicKey);

const signatures = new Answers<string>();
const verdicts = new Answers<boolean>();

/** What was signed here needs no second look. */
export function signed(text: string): string {
  const signature = signatures.to(text, () => sign(null, Buffer.from(text), privateKey).toString('hex'));
  verdicts.to(`${RECEIPT_KEY} ${signature} ${text}`, () => true);
  return signature;
}

export const verifyInNode: VerifySignature = async (keyHex, message, signatureHex) =>
  verdicts.to(`${keyHex} ${signatureHex} ${message}`, () => {
    const x = Buffer.from(keyHex, 'hex').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, Buffer.from(message), key, Buffer.from(signatureHex, 'hex'));
  });
