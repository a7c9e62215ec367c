import { steady } from '../data/database';
import type { FieldDatabase } from '../data/schema';

/** An object URL of what is on this device, else the server's address; the caller revokes object URLs. */
export async function photoAddress(
  db: FieldDatabase,
  sha256: string,
  size: 320 | 1600 | 'original',
): Promise<string | null> {
  const table = size === 320 ? db.thumbnails : db.photoBytes;
  const row = await steady(db, () => table.get(sha256));
  if (row !== undefined)
    return URL.createObjectURL(
      new Blob([row.bytes as Uint8Array<ArrayBuffer>], { type: await typeOf(db, sha256, size) }),
    );
  // `tablet`: a picture bears no header that says who asks.
  return navigator.onLine ? `/api/v1/photos/${sha256}/${size}?tablet` : null;
}

async function typeOf(db: FieldDatabase, sha256: string, size: number | string): Promise<string> {
  if (size === 320) return 'image/jpeg';
  return (await steady(db, () => db.photos.get(sha256)))?.type ?? 'application/octet-stream';
}
