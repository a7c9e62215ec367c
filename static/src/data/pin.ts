/** The data key under a PIN: wrapped with AES-256-GCM by a key that PBKDF2-SHA-256 makes of the PIN. */
import { sha256Hex } from '../domain/digest';
import { EngineError } from './errors';
import type { PinLock } from './rows';

/** A second or so on a tablet; a lock keeps the number that it was made with. */
export const ITERATIONS = 1_000_000;
export const SHORTEST_PIN = 6;
const KEY = 32;
const SALT = 16;
const NONCE = 12;

type Bytes = Uint8Array<ArrayBuffer>;

export const newDataKey = (): Bytes => crypto.getRandomValues(new Uint8Array(KEY));

/** Which key a lock is about, without telling it. */
export const fingerprintOf = (key: Uint8Array): string => sha256Hex(key);

/** Raises `pin_too_short`. */
export async function lockWith(
  account: string,
  key: Uint8Array,
  pin: string,
  iterations = ITERATIONS,
): Promise<PinLock> {
  if (pin.length < SHORTEST_PIN) throw new EngineError('pin_too_short', 'pin');
  const salt = crypto.getRandomValues(new Uint8Array(SALT));
  const iv = crypto.getRandomValues(new Uint8Array(NONCE));
  const wrapping = await wrappingKey(pin, salt, iterations);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, wrapping, key as Bytes);
  return {
    account,
    kdf: 'PBKDF2-SHA-256',
    iterations,
    salt: toHex(salt),
    wrapped: toHex(iv) + toHex(new Uint8Array(sealed)),
    fingerprint: fingerprintOf(key),
    tries: 0,
    lastTry: 0,
    swept: false,
  };
}

/** The data key; null for another PIN. */
export async function unlockWith(lock: PinLock, pin: string): Promise<Uint8Array | null> {
  const wrapped = fromHex(lock.wrapped);
  const wrapping = await wrappingKey(pin, fromHex(lock.salt), lock.iterations);
  const iv = wrapped.slice(0, NONCE);
  try {
    const key = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, wrapping, wrapped.slice(NONCE));
    return new Uint8Array(key);
  } catch {
    return null;
  }
}

async function wrappingKey(pin: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  // Full-width digits of a Chinese keyboard are the same PIN.
  const secret = new TextEncoder().encode(pin.normalize('NFKC'));
  const base = await crypto.subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey']);
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', iterations, salt };
  const usages: KeyUsage[] = ['encrypt', 'decrypt'];
  return crypto.subtle.deriveKey(derivation, base, { name: 'AES-GCM', length: 256 }, false, usages);
}

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export const fromHex = (text: string): Bytes =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
