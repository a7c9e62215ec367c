/**
 * What this device knows of a photo when it is saved, signed by a key that the browser keeps and hands to nobody, not to us
 * either (decision 0048). The key is made at a sign-in and its public half told to the server there; nothing is signed
 * before. Whatever fails here, the photo is saved all the same, without a signature.
 */
import Dexie, { type Table } from 'dexie';
import { keepWitnessKey } from '../api/device-key';
import { patiently } from '../data/database';
import { canonicalJson } from '../domain/json';
import type { Transport } from '../sync/ports';
import type { Picture, PictureResult } from '../worker/picture';
import type { ReadPicture } from './pictures';

/** Whose photo it is, and of what. */
export interface About {
  account: string;
  device: string;
  inspection: string;
  finding: string | null;
}

interface KeyRow {
  account: string;
  pair: CryptoKeyPair;
  /** how many photos it has signed */
  count: number;
  /** the device as which the server knows the key; null: not told yet */
  told: string | null;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNED = { name: 'ECDSA', hash: 'SHA-256' };
/** A browser that does not answer must hold up no photo. */
const PATIENCE = 3000;

class WitnessDatabase extends Dexie {
  declare keys: Table<KeyRow, string>;

  constructor() {
    super('inspect-app-witness', { chromeTransactionDurability: 'strict', cache: 'disabled' });
    this.version(1).stores({ keys: 'account' });
  }
}

async function withKeys<T>(work: (keys: Table<KeyRow, string>) => Promise<T>): Promise<T> {
  const db = new WitnessDatabase();
  try {
    await patiently(() => db.open());
    return await db.transaction('rw', db.keys, async () => work(db.keys));
  } finally {
    db.close();
  }
}

/** At each sign-in: tells the server the public half, made now if there is none. Without a line the next one does. */
export async function tellWitnessKey(transport: Transport, account: string, device: string): Promise<void> {
  try {
    const { publicKey } = (await keyOf(account)).pair;
    await keepWitnessKey(transport, hex(await crypto.subtle.exportKey('raw', publicKey)));
    await withKeys((keys) => keys.update(account, { told: device }));
  } catch {
    // Not told: nothing is signed for this device until a sign-in tells it.
  }
}

/** The first of two tabs that make one has made it. */
async function keyOf(account: string): Promise<KeyRow> {
  const known = await withKeys((keys) => keys.get(account));
  if (known !== undefined) return known;
  const pair = await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']);
  return withKeys(async (keys) => {
    const row = (await keys.get(account)) ?? { account, pair, count: 0, told: null };
    await keys.put(row);
    return row;
  });
}

/** Reads a picture and lets this device sign what it knows of it. */
export function witnessed(read: ReadPicture, clock: () => number): ReadPicture {
  return async (bytes, about) => {
    const result = await read(bytes);
    if (!result.ok || about === undefined) return result;
    const witness = await soon(witnessOf(result.picture, bytes.length, about, clock()));
    return witness === null ? result : signedResult(result.picture, witness);
  };
}

const signedResult = (picture: Picture, witness: string): PictureResult => ({
  ok: true,
  picture: { ...picture, witness },
});

function soon(work: Promise<string | null>): Promise<string | null> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE, null));
  return Promise.race([work.catch(() => null), late]);
}

/** What the upload carries; null before the server knows the key. */
async function witnessOf(picture: Picture, size: number, about: About, now: number): Promise<string | null> {
  const row = await counted(about);
  if (row === null) return null;
  const facts = canonicalJson({
    sha256: picture.sha256,
    size,
    type: picture.type,
    at: new Date(now).toISOString(),
    count: row.count,
    position: placeOf(picture),
    device: about.device,
    inspection: about.inspection,
    finding: about.finding,
  });
  const { publicKey, privateKey } = row.pair;
  const signature = hex(await crypto.subtle.sign(SIGNED, privateKey, new TextEncoder().encode(facts)));
  return JSON.stringify({ facts, key: hex(await crypto.subtle.exportKey('raw', publicKey)), signature });
}

/** The next number, which no other photo gets. */
function counted({ account, device }: About): Promise<KeyRow | null> {
  return withKeys(async (keys) => {
    const row = await keys.get(account);
    if (row === undefined || row.told !== device) return null;
    const next = { ...row, count: row.count + 1 };
    await keys.put(next);
    return next;
  });
}

/** Ten millionths of a degree, as everywhere in the protocol. */
function placeOf({ position }: Picture): { lat_e7: number; lon_e7: number } | null {
  if (position === null) return null;
  return { lat_e7: Math.round(position.latitude * 1e7), lon_e7: Math.round(position.longitude * 1e7) };
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
