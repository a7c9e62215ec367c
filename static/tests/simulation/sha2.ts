/** Stands in for @noble/hashes/sha2.js in the simulation's bundle: the same function by Node, many times as fast. */
import { hash } from 'node:crypto';

/** Beyond what Node cuts out of a shared buffer that it writes to again. */
const LARGE = 10_000;
const known = new WeakMap<ArrayBufferLike, Map<string, Uint8Array>>();

/** Photos are never written to, so that a part of one is hashed once. */
export function sha256(bytes: Uint8Array): Uint8Array {
  if (bytes.length < LARGE) return hash('sha256', bytes, 'buffer');
  const parts = known.get(bytes.buffer) ?? new Map<string, Uint8Array>();
  known.set(bytes.buffer, parts);
  const range = `${bytes.byteOffset} ${bytes.length}`;
  const found = parts.get(range) ?? hash('sha256', bytes, 'buffer');
  parts.set(range, found);
  return found;
}

export const sha256Hex = (bytes: Uint8Array): string => Buffer.from(sha256(bytes)).toString('hex');
