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
