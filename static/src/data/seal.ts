/**
 * Rows at rest. Primary keys and indexed fields stay plain, since IndexedDB sorts by them; everything else of a row is
 * one sealed `Uint8Array`. The cipher is synchronous: a promise that is not IndexedDB's own would end the transaction.
 *
 *     sealed = version (1 byte) · nonce (24 bytes) · XChaCha20-Poly1305 ciphertext with tag
 *     plain text = 1 if bytes follow, else 0 (1 byte) · length of the JSON (4 bytes, big-endian) · JSON · the row's `bytes`
 *     associated data = JSON of [table, plain fields by name], so that a row cannot be moved, nor its state be changed
 *
 * Without a key rows are written and read as they are, and a sealed one is `locked`, never empty.
 */
import { xchacha20, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import type { DBCore, DBCoreCursor, DBCoreTable, Middleware } from 'dexie';
import { EngineError } from './errors';

export type Row = Record<string, unknown>;
/** 32 bytes, or null while nobody has opened. */
export interface Keyring {
  key: Uint8Array | null;
}

/** What anybody may read: the public defect tables, and room held back as noise. */
export const OPEN_TABLES = new Set(['editions', 'reserve']);
const VERSION = 1;
const NONCE = 24;
const HEAD = 5;
const TAG = 16;

/** A sealed row that does not open: spoilt on the disk, or sealed with another key. `plain` is what anybody may read of it. */
export class Unreadable extends EngineError {
  constructor(
    readonly table: string,
    readonly plain: Row,
  ) {
    super('unreadable', null, table);
  }
}

export function isSealed(row: unknown): row is Row & { sealed: Uint8Array } {
  return typeof row === 'object' && row !== null && ArrayBuffer.isView((row as Row).sealed);
}

export function sealRow(key: Uint8Array, table: string, indexed: readonly string[], row: Row): Row {
  const names = Object.keys(row);
  const plain = part(
    row,
    names.filter((name) => indexed.includes(name)),
  );
  const content = packed(
    part(
      row,
      names.filter((name) => !indexed.includes(name)),
    ),
  );
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
  const text = xchacha20poly1305(key, nonce, placeOf(table, plain)).encrypt(content);
  const sealed = new Uint8Array(1 + NONCE + text.length);
  sealed[0] = VERSION;
  sealed.set(nonce, 1);
  sealed.set(text, 1 + NONCE);
  return { ...plain, sealed };
}

/** Rows from before the key are given as they are. Raises `locked` without a key, `unreadable` where the key does not fit. */
export function openRow(key: Uint8Array | null, table: string, row: unknown): unknown {
  if (!isSealed(row)) return row;
  if (key === null) throw new EngineError('locked', null, table);
  const { sealed, ...plain } = row;
  return { ...plain, ...unpacked(opened(key, table, sealed, plain)) };
}

function opened(key: Uint8Array, table: string, sealed: Uint8Array, plain: Row): Uint8Array {
  try {
    if (sealed[0] !== VERSION) throw new Error('another version');
    const cipher = xchacha20poly1305(key, sealed.subarray(1, 1 + NONCE), placeOf(table, plain));
    return cipher.decrypt(sealed.subarray(1 + NONCE));
  } catch {
    throw new Unreadable(table, plain);
  }
}

/**
 * The JSON that the stream cipher still gives of a row whose tag no longer fits; '' where there is none. For a person's
 * eyes only: a bit may be wrong anywhere in it.
 */
export function remainsOf(key: Uint8Array, sealed: Uint8Array): string {
  try {
    const text = sealed.subarray(1 + NONCE, -TAG);
    // Block 0 of the stream made the tag's key.
    const content = xchacha20(key, sealed.subarray(1, 1 + NONCE), text, undefined, 1);
    return new TextDecoder().decode(content.subarray(HEAD));
  } catch {
    return '';
  }
}

const part = (row: Row, names: string[]): Row => Object.fromEntries(names.map((name) => [name, row[name]]));

function placeOf(table: string, plain: Row): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([table, part(plain, Object.keys(plain).sort())]));
}

function packed({ bytes, ...rest }: Row): Uint8Array {
  const follows = ArrayBuffer.isView(bytes) ? (bytes as Uint8Array) : null;
  const text = new TextEncoder().encode(JSON.stringify(rest));
  const content = new Uint8Array(HEAD + text.length + (follows?.length ?? 0));
  content[0] = follows === null ? 0 : 1;
  new DataView(content.buffer).setUint32(1, text.length);
  content.set(text, HEAD);
  if (follows !== null) content.set(follows, HEAD + text.length);
  return content;
}

function unpacked(content: Uint8Array): Row {
  const end = HEAD + new DataView(content.buffer, content.byteOffset).getUint32(1);
  const rest = JSON.parse(new TextDecoder().decode(content.subarray(HEAD, end))) as Row;
  // A copy of its own: whoever keeps the bytes does not keep the whole row's memory.
  return content[0] === 1 ? { ...rest, bytes: content.slice(end) } : rest;
}

/** The fields of a table that IndexedDB itself must see. */
export function indexedFields(table: Pick<DBCoreTable, 'schema'>): string[] {
  const paths = [table.schema.primaryKey, ...table.schema.indexes].flatMap(({ keyPath }) => keyPath ?? []);
  return [...new Set(paths)];
}

/** Below everything else of Dexie: all of it sees plain rows, and nothing but sealed ones reaches the disk. */
export function sealing(ring: Keyring): Middleware<DBCore> {
  return {
    stack: 'dbcore',
    name: 'sealing',
    level: -10,
    create: (down) => ({
      ...down,
      table: (name) => (OPEN_TABLES.has(name) ? down.table(name) : sealedTable(down.table(name), ring)),
    }),
  };
}

function sealedTable(table: DBCoreTable, ring: Keyring): DBCoreTable {
  const indexed = indexedFields(table);
  const open = (row: unknown): unknown => openRow(ring.key, table.name, row);
  const seal = (row: Row): Row => (ring.key === null ? row : sealRow(ring.key, table.name, indexed, row));
  return {
    ...table,
    mutate: (request) =>
      table.mutate('values' in request ? { ...request, values: request.values.map(seal) } : request),
    get: (request) => table.get(request).then(open),
    getMany: (request) => table.getMany(request).then((rows) => rows.map(open)),
    query: (request) =>
      table
        .query(request)
        .then((answer) =>
          request.values === false ? answer : { ...answer, result: answer.result.map(open) },
        ),
    openCursor: (request) => table.openCursor(request).then((cursor) => cursor && openedCursor(cursor, open)),
  };
}

/** The cursor as it is, but for its value; a value that is asked for twice is opened once. */
function openedCursor(cursor: DBCoreCursor, open: (row: unknown) => unknown): DBCoreCursor {
  let raw: unknown;
  let plain: unknown;
  const value = (): unknown => {
    if (cursor.value !== raw) plain = open(cursor.value);
    raw = cursor.value;
    return plain;
  };
  return Object.create(cursor, {
    key: { get: () => cursor.key },
    primaryKey: { get: () => cursor.primaryKey },
    value: { get: value },
  }) as DBCoreCursor;
}
