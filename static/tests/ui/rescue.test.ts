import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import Rescue from '../../src/ui/rescue/Rescue.vue';
import { bench } from '../data/bench';
import { onStage, stage } from './stage';

const on = onStage();
afterEach(() => {
  for (const name of ['standalone', 'canShare', 'share']) Reflect.deleteProperty(navigator, name);
});

test('on the home screen of an iPad the file goes through the share sheet, and waits for another tap', async () => {
  const shared: string[] = [];
  const share = async ({ files }: { files: File[] }): Promise<void> => {
    shared.push(files[0]?.name ?? '');
    if (shared.length === 1) throw new DOMException('the tap is too long ago', 'NotAllowedError');
  };
  for (const [name, value] of Object.entries({ standalone: true, canShare: () => true, share }))
    Object.defineProperty(navigator, name, { configurable: true, value });
  on.opened = await bench('leader');
  on.shown = await stage(on.opened.engine, Rescue);
  const { wrapper } = on.shown;
  await wrapper.get('#passphrase').setValue('correct horse');
  await wrapper.get('form').trigger('submit');
  const again = () => wrapper.findAll('button').find((it) => it.text() === '儲存救援檔');
  await vi.waitFor(() => expect(again()).toBeDefined(), { timeout: 50_000 });
  expect(wrapper.text()).not.toContain('已匯出');
  await again()?.trigger('click');
  await vi.waitFor(() => expect(wrapper.text()).toContain('已匯出'), { timeout: 50_000 });
  expect(again()).toBeUndefined();
  expect(shared[1]).toMatch(/^查核救援檔-\d{4}-\d\d-\d\d\.bin$/);
});
