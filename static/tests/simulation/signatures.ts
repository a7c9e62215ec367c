/**
 * The twin's signatures are a keyed hash, which costs a tenth; those of the real server are Ed25519, by Node and at once: a
 * thread pool would make the order of two tabs a matter of luck.
 */
import { createPublicKey, hash, verify } from 'node:crypto';
import type { VerifySignature } from '../../src/sync/ports';
import { Answers } from './remembered/remember';

/** The twin's, in hex. */
export const RECEIPT_KEY = hash('sha256', "the twin's key");

const verdicts = new Answers<boolean>();

export const signed = (text: string): string => hash('sha256', `${RECEIPT_KEY} ${text}`);

export const verifyInNode: VerifySignature = async (keyHex, message, signatureHex) =>
  keyHex === RECEIPT_KEY
    ? signatureHex === signed(message)
    : verdicts.to(`${keyHex} ${signatureHex} ${message}`, () => {
        const x = Buffer.from(keyHex, 'hex').toString('base64url');
        const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
        return verify(null, Buffer.from(message), key, Buffer.from(signatureHex, 'hex'));
      });
