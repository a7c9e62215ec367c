/** Asks for persistence and tells the room. `estimate()` reports an artificial quota, so it is a hint, not a promise. */
export async function room(): Promise<{ persisted: boolean; usage: number | null; quota: number | null }> {
  const storage = typeof navigator === 'undefined' ? undefined : navigator.storage;
  if (storage === undefined) return { persisted: false, usage: null, quota: null };
  const persisted = (await storage.persisted?.()) || (await storage.persist?.()) || false;
  const { usage = null, quota = null } = (await storage.estimate?.()) ?? {};
  return { persisted, usage, quota };
}
