/**
 * What this device has still to send, told to the server with each exchange: should the tablet be lost, the next sign-in
 * can say what never arrived. Only what changed since it was last told goes along. Inside the caller's transaction.
 */
import type { Frozen, Held } from '../sync/ports';
import { UNSENT } from './log';
import type { FieldDatabase } from './schema';
import { keepSetting, setting } from './settings';
import { openWork } from './spoilt';

/** Per inspection that is here, less the batch that goes along; null: nothing new to tell. */
export async function holdsToTell(db: FieldDatabase, sent: Frozen[]): Promise<Held[] | null> {
  const told = (await setting(db, 'told')) ?? {};
  const fresh = (await holds(db, sent)).filter((held) => told[held.inspection] !== inWords(held));
  return fresh.length === 0 ? null : fresh;
}

export async function keepTold(db: FieldDatabase, holds: Held[] | null): Promise<void> {
  if (holds === null) return;
  const told = (await setting(db, 'told')) ?? {};
  const fresh = Object.fromEntries(holds.map((held) => [held.inspection, inWords(held)]));
  await keepSetting(db, 'told', { ...told, ...fresh });
}

const inWords = ({ operations, photos }: Held): string => `${operations}/${photos}`;

async function holds(db: FieldDatabase, sent: Frozen[]): Promise<Held[]> {
  const leaving = new Set(sent.map((item) => item.id));
  const rows = await db.operations
    .where('state')
    .anyOf([...UNSENT])
    .toArray();
  const photos = await db.photos.where('state').notEqual('stored').toArray();
  const spoilt = (await openWork(db)).filter((row) => row.table === 'operations');
  const operations = counted([
    ...rows.filter((row) => !leaving.has(row.id)).map((row) => row.inspection),
    ...spoilt.flatMap((row) => row.inspections),
  ]);
  const pictures = counted(photos.flatMap((photo) => photo.inspections));
  const here = await db.packages.toCollection().primaryKeys();
  return [...new Set([...here, ...operations.keys(), ...pictures.keys()])].map((inspection) => ({
    inspection,
    operations: operations.get(inspection) ?? 0,
    photos: pictures.get(inspection) ?? 0,
  }));
}

function counted(names: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
