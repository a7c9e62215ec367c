// @vitest-environment node
import 'fake-indexeddb/auto';
import { expect, test, vi } from 'vitest';
import { FieldDatabase } from '../../src/data/schema';
import { type Locks, pageLocks } from '../../src/engine/locks';
import { Room } from '../../src/engine/rooms';

/** Two tabs of one profile, each with the same inspection. */
function tabs(): [Room, Room] {
  const db = new FieldDatabase('tabs');
  const shared = pageLocks();
  // As in a browser: a lock is given later, by another process.
  const slow: Locks = {
    ...shared,
    take: async (name) => {
      await new Promise((resolve) => setTimeout(resolve));
      return shared.take(name);
    },
  };
  const room = (): Room => new Room(db, slow, (work) => void setTimeout(work), 'write', 'inspection');
  return [room(), room()];
}

const PATIENCE = { timeout: 4_000 };

test('a screen that goes before the lock was given leaves it to the other tab', async () => {
  const [here, there] = tabs();
  here.live.subscribe(() => undefined)();
  await vi.waitFor(() => there.held(() => there.mustWrite()), PATIENCE);
});

test('a screen that goes and comes before the lock was given writes', async () => {
  const [here] = tabs();
  here.live.subscribe(() => undefined)();
  here.live.subscribe(() => undefined);
  await vi.waitFor(() => expect(here.live.get()?.mode).toBe('writer'), PATIENCE);
});

test('what is saved while the screen goes is still saved', async () => {
  const [here] = tabs();
  const stop = here.live.subscribe(() => undefined);
  const saving = here.held(() => here.mustWrite());
  stop();
  await expect(saving).resolves.toBeUndefined();
});
