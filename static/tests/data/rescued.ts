import { webcrypto } from 'node:crypto';

export interface RescuedRow {
  table: string;
  row: Record<string, unknown>;
  bytes: Uint8Array;
}

/** Reads the format as its description says, with none of the program's code. */
export async function decrypted(file: Blob, passphrase: string): Promise<RescuedRow[]> {
  const { subtle } = webcrypto;
  const bytes = Buffer.from(await file.arrayBuffer());
  let at = bytes.indexOf('\n') + 1;
  const head = JSON.parse(bytes.subarray(0, at).toString()) as { salt: string; iterations: number };
  const secret = await subtle.importKey('raw', Buffer.from(passphrase), 'PBKDF2', false, ['deriveKey']);
  const kdf = {
    name: 'PBKDF2',
    hash: 'SHA-256',
    iterations: head.iterations,
    salt: Buffer.from(head.salt, 'hex'),
  };
  const key = await subtle.deriveKey(kdf, secret, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
  const rows: RescuedRow[] = [];
  for (let index = 0; at < bytes.length; index++) {
    const length = bytes.readUInt32BE(at);
    const additionalData = Buffer.alloc(8);
    additionalData.writeBigUInt64BE(BigInt(index));
    const sealed = bytes.subarray(at + 16, at + 4 + length);
    const cipher = { name: 'AES-GCM', iv: bytes.subarray(at + 4, at + 16), additionalData };
    const plain = Buffer.from(await subtle.decrypt(cipher, key, sealed));
    const end = plain.indexOf('\n');
    rows.push({
      ...JSON.parse(plain.subarray(0, end).toString()),
      bytes: new Uint8Array(plain.subarray(end + 1)),
    });
    at += 4 + length;
  }
  return rows;
}
