import { afterEach, expect, test, vi } from 'vitest';
import { effectScope } from 'vue';
import { watchForUpdates } from '../../src/ui/app/update';
import { useSaver } from '../../src/ui/core/saver';

const given = vi.hoisted(() => ({ onNeedReload: (): void => undefined }));
vi.mock('virtual:pwa-register', () => ({
  registerSW: (options: { onNeedReload: () => void }) => {
    given.onNeedReload = options.onNeedReload;
    return async () => undefined;
  },
}));

afterEach(() => vi.restoreAllMocks());

test('an update that another tab asked for waits for what is typed here, and for what cannot be saved', async () => {
  const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => undefined);
  const saved: unknown[] = [];
  let isFull = true;
  const scope = effectScope();
  const saver = scope.run(() =>
    useSaver(
      () => ({ value: null, operation: null }),
      async (set) => {
        if (isFull) throw Object.assign(new Error('full'), { code: 'storage_full' });
        saved.push(set);
      },
    ),
  );
  watchForUpdates();
  saver?.put('text', '半句話');
  given.onNeedReload();
  await vi.waitFor(() => expect(saver?.state).toBe('failed'), { timeout: 50_000 });
  expect(reload).not.toHaveBeenCalled();
  expect(saver?.value('text')).toBe('半句話');
  isFull = false;
  given.onNeedReload();
  await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(1), { timeout: 50_000 });
  expect(saved).toEqual([{ text: '半句話' }]);
  scope.stop();
});
