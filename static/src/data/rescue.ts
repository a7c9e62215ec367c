/**
 * The rescue file: everything of one person on this device, encrypted, so that it can be carried to the office when
 * nothing else works. Format `inspect-app-rescue/1`:
 *
 *     line 1, JSON: {"format", "kdf": "PBKDF2-SHA-256", "iterations", "salt": hex, "cipher": "AES-256-GCM"} and "\n"
 *     then blocks: 4 bytes big-endian length of what follows · 12 bytes nonce · AES-256-GCM ciphertext with tag
 *
 * The additional data of a block is its index (8 bytes big-endian) so that none can be moved or left out. A block's
 * plain text is one JSON line {"table": name, "row": {...}} and "\n"; a row's `bytes` follow the line as they are. The
 * last block is {"table": "end", "row": {"blocks": number of blocks before it}}. A row that the disk spoilt is
 * {"table": "unreadable", "row": {"table", "key"}}; where it was set aside, its fields in plain and its sealed part go along.
 */
import Dexie, { type Table } from 'dexie';
import { openDatabase } from './database';
import { EngineError } from './errors';
import { freeze } from './log';
import { withReserve } from './reserve';
import { databaseName, type FieldDatabase } from './schema';
import { sealing } from './seal';

const ITERATIONS = 600_000;
/** Caches and held-back room are not anybody's work. */
const LEFT_OUT = new Set(['reserve', 'editions', 'thumbnails']);

/**
 * Drafts are frozen first, so that the office and this tablet give them the same number and the same bytes. Data that is
 * newer than this program is opened as it is, without changing a byte: its drafts are numbered by the office.
 */
export async function exportRescue(
  account: string,
  passphrase: string,
  key: Uint8Array | null = null,
): Promise<Blob> {
  const db = await openSettled(account, key);
  try {
    return await rescueFile(db, passphrase);
  } finally {
    db.close();
  }
}

async function openSettled(account: string, key: Uint8Array | null): Promise<Dexie> {
  try {
    const db = await openDatabase(account, key);
    await freezeDrafts(db);
    return db;
  } catch (error) {
    if (error instanceof EngineError && error.code === 'locked') throw error;
    const db = new Dexie(databaseName(account));
    db.use(sealing({ key }));
    return db.open();
  }
}

/** On a full disk nothing can be frozen, and the file is wanted all the more. */
export async function freezeDrafts(db: FieldDatabase): Promise<void> {
  await withReserve(db, [db.operations, db.spoilt], async () => {
    const drafts = await db.operations.where('state').equals('draft').toArray();
    for (const inspection of new Set(drafts.map((row) => row.inspection)))
      await freeze(
        db,
        drafts.filter((row) => row.inspection === inspection),
      );
  });
}

export async function rescueFile(db: FieldDatabase | Dexie, passphrase: string): Promise<Blob> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const key = await keyOf(passphrase, salt);
  const head = {
    format: 'inspect-app-rescue/1',
    kdf: 'PBKDF2-SHA-256',
    iterations: ITERATIONS,
    salt: hex(salt),
    cipher: 'AES-256-GCM',
  };
  const parts: BlobPart[] = [`${JSON.stringify(head)}\n`];
  let index = 0;
  // A Blob of its own each: the browser keeps those on the disk, while a list of bytes would stand in the page's memory.
  for await (const row of rowsOf(db)) parts.push(new Blob(await block(key, index++, row)));
  parts.push(...(await block(key, index, plain('end', { blocks: index }))));
  return new Blob(parts, { type: 'application/octet-stream' });
}

type Bytes = Uint8Array<ArrayBuffer>;

/** One row in memory at a time: a day's photos do not fit. Rows that go meanwhile (a run of the sender settles) are left out. */
async function* rowsOf(db: Dexie): AsyncGenerator<Bytes> {
  for (const table of db.tables.filter(({ name }) => !LEFT_OUT.has(name)))
    for (const key of await table.toCollection().primaryKeys()) {
      const line = await lineOf(table, key);
      if (line !== null) yield line;
    }
}

/** What the disk spoilt is named, and holds up nothing else. */
async function lineOf(table: Table, key: unknown): Promise<Bytes | null> {
  try {
    const row = await table.get(key);
    if (row === undefined) return null;
    return table.name === 'spoilt' ? plain('unreadable', row) : plain(table.name, row);
  } catch (error) {
    if (!(error instanceof EngineError && error.code === 'unreadable')) throw error;
    return plain('unreadable', { table: table.name, key });
  }
}

function plain(table: string, row: { bytes?: Uint8Array } & Record<string, unknown>): Bytes {
  const { bytes, ...rest } = row;
  const line = new TextEncoder().encode(`${JSON.stringify({ table, row: rest })}\n`);
  return concatenated(line, bytes ?? new Uint8Array(0));
}

function concatenated(one: Uint8Array, other: Uint8Array): Bytes {
  const joined = new Uint8Array(one.length + other.length);
  joined.set(one);
  joined.set(other, one.length);
  return joined;
}

async function block(key: CryptoKey, index: number, text: Bytes): Promise<BlobPart[]> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = bigEndian(index, 8);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, text);
  return [bigEndian(12 + sealed.byteLength, 4), iv, sealed];
}

function bigEndian(value: number, size: 4 | 8): Bytes {
  const view = new DataView(new ArrayBuffer(size));
  if (size === 8) view.setBigUint64(0, BigInt(value));
  else view.setUint32(0, value);
  return new Uint8Array(view.buffer);
}

async function keyOf(passphrase: string, salt: Bytes): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, [
    'deriveKey',
  ]);
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', iterations: ITERATIONS, salt };
  return crypto.subtle.deriveKey(derivation, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
