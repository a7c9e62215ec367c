/**
 * All that decides how a story goes on, as one short text: the same text twice means the same future. It reads every
 * field that can be reached, private ones too (the bundle makes them plain: rolldown.simulation.config.mjs), and names
 * the few that it leaves out. What it cannot read into and might differ makes the text unlike any other.
 */
import { hash } from 'node:crypto';
import { sha256Hex } from './sha2';

/** Derived from what is read, or the same in every story, by class and field. */
const LEFT_OUT: Record<string, ReadonlySet<string>> = {
  Disk: new Set(['__sorted', 'onCommit', 'onKill']),
  SimulatedDevice: new Set(['around', 'person']),
  // In a story the browser always promises to keep what is stored: it does not matter where it was asked.
  Beginning: new Set(['__begun']),
  Watch: new Set(['__state', 'devices', 'backend']),
};

/** What the one field holds that is a promise and tells nothing: a page that lives was not killed. */
const STILL = new Set(['killed']);

let restless = 0;
const rows = new WeakMap<object, string>();

export const wholeOf = (...roots: unknown[]): string =>
  hash('sha256', new Reader().read(roots), 'base64').slice(0, 20);

class Reader {
  readonly #seen = new Map<object, number>();
  #text = '';

  read(value: unknown): string {
    this.#value(value);
    return this.#text;
  }

  #value(value: unknown): void {
    if (typeof value === 'string') this.#text += `"${value}"${value.length};`;
    else if (typeof value === 'function') this.#object(value, 'f');
    else if (typeof value === 'object' && value !== null) this.#object(value, value.constructor?.name ?? '');
    else this.#text += `${String(value)};`;
  }

  #object(value: object, kind: string): void {
    const before = this.#seen.get(value);
    if (before !== undefined) {
      this.#text += `#${before};`;
      return;
    }
    if (Object.isFrozen(value)) {
      this.#text += frozenText(value);
      return;
    }
    this.#seen.set(value, this.#seen.size);
    this.#text += `${kind}{`;
    this.#inside(value, kind);
    this.#text += '}';
  }

  #inside(value: object, kind: string): void {
    if (ArrayBuffer.isView(value)) this.#text += sha256Hex(value as Uint8Array);
    else if (Array.isArray(value)) for (const item of value) this.#value(item);
    else if (value instanceof Map) for (const pair of value) this.#pair(pair[0], pair[1]);
    else if (value instanceof Set) for (const item of value) this.#value(item);
    else if (value instanceof Promise) this.#text += `${++restless}`;
    else this.#fields(value, kind);
  }

  #fields(value: object, kind: string): void {
    const leftOut = LEFT_OUT[kind];
    // The tables are the schema's; the rows are the disk's.
    const keys = kind === 'MemoryDatabase' ? ['dead', 'disk'] : Object.keys(value);
    for (const key of keys)
      if (!leftOut?.has(key) && !STILL.has(key)) this.#pair(key, (value as Record<string, unknown>)[key]);
  }

  #pair(key: unknown, value: unknown): void {
    this.#value(key);
    this.#value(value);
  }
}

/** The disk freezes what it keeps, all the way down. */
function frozenText(value: object): string {
  const known = rows.get(value);
  if (known !== undefined) return known;
  const text = hash('sha256', plainText(value), 'base64').slice(0, 20);
  rows.set(value, text);
  return text;
}

const plainText = (value: object): string =>
  JSON.stringify(value, (_key, inner) =>
    ArrayBuffer.isView(inner) ? { bytes: sha256Hex(inner as Uint8Array) } : inner === undefined ? '~' : inner,
  );
