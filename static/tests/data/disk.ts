/** A disk that is full: what is large finds no room, and what is small only once the reserve was given up. */
import { vi } from 'vitest';

const LARGE = 20_000;

/** Full from the moment at which `full` is set; `vi.restoreAllMocks` takes it away. */
export function fillableDisk(): { full: boolean } {
  const disk = { full: false };
  const held = new Set<unknown>();
  const { put, clear } = IDBObjectStore.prototype;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
    if (this.name === 'reserve') held.add(value.slot);
    const large = this.name === 'reserve' || (value.sealed?.length ?? 0) > LARGE;
    if (disk.full && (large || held.size > 0)) throw new DOMException('full', 'QuotaExceededError');
    return put.call(this, value, key);
  });
  vi.spyOn(IDBObjectStore.prototype, 'clear').mockImplementation(function (this: IDBObjectStore) {
    if (this.name === 'reserve') held.clear();
    return clear.call(this);
  });
  return disk;
}
