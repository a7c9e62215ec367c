/** The key of the rows: with the server before the first row is sealed, then over everything that lies here. */
import { keepDeviceKey } from '../api/device-key';
import { steady } from '../data/database';
import { changeLock, lockOf } from '../data/people';
import { fingerprintOf, toHex } from '../data/pin';
import type { FieldDatabase } from '../data/schema';
import { sealOldRows } from '../data/sweep';
import { httpTransport } from '../sync/http';
import type { Transport } from '../sync/ports';

export const giveCopy = (transport: Transport, key: Uint8Array): Promise<void> =>
  keepDeviceKey(transport, toHex(key), fingerprintOf(key));

/** Again at each sign-in, should the server have lost it; without a line the next one does. */
export const renewCopy = (transport: Transport, key: Uint8Array): Promise<void> =>
  giveCopy(transport, key).catch(() => undefined);

/** Seals what is not yet sealed; nothing when that has been done. A kill in the middle loses nothing. */
export async function sealRest(db: FieldDatabase, account: string): Promise<void> {
  if ((await lockOf(account))?.swept === false) await sealAll(db, account);
}

export async function sealAll(db: FieldDatabase, account: string): Promise<void> {
  const { key } = db.ring;
  if (key === null) return;
  await steady(db, () => sealOldRows(db, key));
  await changeLock(account, (lock) => {
    if (lock === null) throw new Error('sealed without a lock');
    return { ...lock, swept: true };
  });
}

export const keepKeyCopy = (key: Uint8Array): Promise<void> => renewCopy(httpTransport, key);
