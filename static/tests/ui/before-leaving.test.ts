import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import BeforeLeaving from '../../src/ui/visits/BeforeLeaving.vue';
import { bench, INSPECTION } from '../data/bench';
import { onStage, stage } from './stage';

const on = onStage();
afterEach(() => {
  vi.unstubAllGlobals();
  for (const name of ['storage', 'serviceWorker']) Reflect.deleteProperty(navigator, name);
});

/** The line that begins so. */
async function shown(beginning: string): Promise<string> {
  on.opened = await bench('leader');
  on.shown = await stage(on.opened.engine, BeforeLeaving);
  const lines = on.shown.wrapper.findAll('li').map((it) => it.text().replace(/\s+/g, ''));
  return lines.find((it) => it.startsWith(beginning)) ?? '';
}

/** The line about the lock, on a device that answers so. */
async function line(answer: (() => Promise<boolean>) | null): Promise<string> {
  vi.stubGlobal(
    'PublicKeyCredential',
    answer ? { isUserVerifyingPlatformAuthenticatorAvailable: answer } : undefined,
  );
  return shown('設定螢幕鎖');
}

const GB = 1e9;

/** A browser that answers so when it is asked for room and for keeping what is stored. */
function storing(answer: Partial<StorageManager>): void {
  const refusing = { persisted: async () => false, persist: async () => false };
  Object.defineProperty(navigator, 'storage', { configurable: true, value: { ...refusing, ...answer } });
}

test('little room is told before leaving, with how much a visit needs', async () => {
  storing({ estimate: async () => ({ quota: 5 * GB, usage: 4 * GB }) });
  const text = await shown('留足空間');
  expect(text).toContain('請處理');
  expect(text).toContain('還有1.0GB。一次查核的照片約需1.5GB');
});

test('enough room is fine', async () => {
  storing({ estimate: async () => ({ quota: 64 * GB, usage: 4 * GB }) });
  const text = await shown('留足空間');
  expect(text).toContain('還有60.0GB。');
  expect(text).not.toContain('請處理');
});

test('originals that a receipt covers are freed by one tap, and none before', async () => {
  on.opened = await bench('leader');
  const { clock, server, tablet } = on.opened;
  server.archived = true;
  const photo = new Uint8Array(50_000).fill(7);
  await tablet.engine.addPhoto(INSPECTION, null, photo, {}, 'site');
  await tablet.engine.sendNow();
  on.shown = await stage(tablet.engine, BeforeLeaving);
  const { wrapper } = on.shown;
  const free = async (): Promise<void> => {
    await wrapper
      .findAll('button')
      .find((it) => it.text() === '清出已收妥的照片')
      ?.trigger('click');
  };
  await free();
  await vi.waitFor(() => expect(wrapper.text()).toContain('目前沒有可以清的照片'), { timeout: 50_000 });
  clock.now += 31 * 86_400_000;
  await tablet.engine.sendNow();
  await free();
  await vi.waitFor(() => expect(wrapper.text()).toContain('清出 50 KB'), { timeout: 50_000 });
  expect(await tablet.db.photoBytes.count()).toBe(0);
});

test('a browser that promises nothing is told of before leaving', async () => {
  storing({});
  expect(await shown('請瀏覽器保留資料')).toContain('請處理瀏覽器沒有答應保留');
});

test('a tablet without a lock of its own is to be given one before leaving', async () => {
  const text = await line(async () => false);
  expect(text).toContain('請處理');
  expect(text).toContain('請在系統設定打開');
});

test('one with a lock is fine; a browser that does not say is not taken for one without', async () => {
  expect(await line(async () => true)).not.toContain('請處理');
  on.shown?.wrapper.unmount();
  await on.opened?.end();
  expect(await line(null)).toContain('請在系統設定確認');
});

test('an app that is not on the device yet is told of before leaving: offline it would not open', async () => {
  expect(await shown('把App存在這台裝置')).toContain('請處理還沒有存好');
  on.shown?.wrapper.unmount();
  await on.opened?.end();
  const value = { getRegistration: async () => ({ active: {} }) };
  Object.defineProperty(navigator, 'serviceWorker', { configurable: true, value });
  expect(await shown('把App存在這台裝置')).toContain('好了沒有網路也開得起來');
});
