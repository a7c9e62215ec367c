import { type Json, sameJson } from '../domain/json';
import type { Setting } from './rows';
import type { FieldDatabase } from './schema';

/** Inside or outside a transaction that includes `settings`. */
export async function setting<K extends keyof Setting>(
  db: FieldDatabase,
  key: K,
): Promise<Setting[K] | undefined> {
  const row = await db.settings.get(key);
  return row?.value as Setting[K] | undefined;
}

export async function keepSetting<K extends keyof Setting>(
  db: FieldDatabase,
  key: K,
  value: Setting[K],
): Promise<void> {
  await db.settings.put({ key, value });
}

/** Writes only what is not there already: a full disk then has nothing to refuse. */
export async function changeSetting<K extends keyof Setting>(
  db: FieldDatabase,
  key: K,
  value: Setting[K],
): Promise<void> {
  const known = await setting(db, key);
  if (known === undefined || !sameJson(known as Json, value as Json)) await keepSetting(db, key, value);
}
