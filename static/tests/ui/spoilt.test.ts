import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import VisitSync from '../../src/ui/sync/VisitSync.vue';
import { bench, INSPECTION } from '../data/bench';
import { spoil } from '../data/rot';
import { onStage, settled, stage } from './stage';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const on = onStage();

test('what no longer opens is told with what can still be read and what to do; one tap settles it', async () => {
  on.opened = await bench('leader');
  const { engine } = on.opened;
  await engine.edit(INSPECTION, 'finding', FINDING, { kind: 'defect', text: '蜂窩麻面'.repeat(30) });
  await engine.addPhoto(INSPECTION, FINDING, new Uint8Array(900).fill(7), {}, 'evidence');
  await spoil(engine.account.id, 'photoBytes');
  await spoil(engine.account.id, 'operations', () => true, 500);
  await engine.sendNow();
  on.shown = await stage(engine, VisitSync);
  const { wrapper } = on.shown;
  const list = wrapper.get('[aria-label=打不開的資料]');
  expect(list.findAll('li')).toHaveLength(3);
  expect(list.text()).toContain('缺失：打不開');
  expect(list.text()).toContain('麻面蜂窩');
  expect(list.text()).toContain('可能有錯字');
  expect(list.text()).toContain('重拍');
  const photo = list.findAll('li').filter((it) => it.text().startsWith('照片'));
  expect(photo.every((it) => !it.text().includes('重新填寫'))).toBe(true);
  for (const button of list.findAll('button')) await button.trigger('click');
  await settled();
  expect(wrapper.find('[aria-label=打不開的資料]').exists()).toBe(false);
});
