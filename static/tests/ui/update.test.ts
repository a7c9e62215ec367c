import { afterEach, expect, test, vi } from 'vitest';
import { effectScope } from 'vue';
import { updateWaiting, watchForUpdates } from '../../src/ui/app/update';
import { useSaver } from '../../src/ui/core/saver';

const given = vi.hoisted(() => ({
  onNeedReload: (): void => undefined,
  onNeedRefresh: (): void => undefined,
}));
vi.mock('virtual:pwa-register', () => ({
  registerSW: (options: typeof given) => {
    Object.assign(given, options);
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

test('a page that is open since the first visit, and so under no worker, is loaded anew as well', async () => {
  const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => undefined);
  const waiting = Object.assign(new EventTarget(), { state: 'installed' });
  const serviceWorker = { controller: null, getRegistration: async () => ({ waiting }) };
  Object.defineProperty(navigator, 'serviceWorker', { value: serviceWorker, configurable: true });
  watchForUpdates();
  given.onNeedRefresh();
  await updateWaiting.value?.();
  expect(reload).not.toHaveBeenCalled();
  waiting.state = 'activated';
  waiting.dispatchEvent(new Event('statechange'));
  await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(1), { timeout: 50_000 });
});
