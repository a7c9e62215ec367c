import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import BeforeLeaving from '../../src/ui/visits/BeforeLeaving.vue';
import { bench } from '../data/bench';
import { onStage, stage } from './stage';

const on = onStage();
afterEach(() => vi.unstubAllGlobals());

/** The line about the lock, on a device that answers so. */
async function line(answer: (() => Promise<boolean>) | null): Promise<string> {
  vi.stubGlobal(
    'PublicKeyCredential',
    answer ? { isUserVerifyingPlatformAuthenticatorAvailable: answer } : undefined,
  );
  on.opened = await bench('leader');
  on.shown = await stage(on.opened.engine, BeforeLeaving);
  const lines = on.shown.wrapper.findAll('li').map((it) => it.text().replace(/\s+/g, ''));
  return lines.find((it) => it.startsWith('這台裝置有螢幕鎖')) ?? '';
}

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
