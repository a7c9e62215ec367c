import type { VerifySignature } from './ports';

/** Ed25519 by WebCrypto; null where the browser has none (the receipt then says "unchecked"). */
export const verifyEd25519: VerifySignature = async (keyHex, message, signatureHex) => {
  const [key, signature] = [bytesOf(keyHex), bytesOf(signatureHex)];
  if (key?.length !== 32 || signature?.length !== 64) return false;
  try {
    const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
    return await crypto.subtle.verify(
      { name: 'Ed25519' },
      imported,
      signature,
      new TextEncoder().encode(message),
    );
  } catch {
    return null;
  }
};

function bytesOf(hex: string): Uint8Array<ArrayBuffer> | null {
  if (!/^([0-9a-f]{2})*$/i.test(hex)) return null;
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
