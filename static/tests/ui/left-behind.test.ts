import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import type { HttpRequest } from '../../src/sync/ports';
import LeftBehind from '../../src/ui/visits/LeftBehind.vue';
import { bench, INSPECTION } from '../data/bench';
import { json, reply } from '../simulation/twin/answers';
import { onStage, type Stage, settled, stage } from './stage';

const on = onStage();

const LOST = 'd0000009-0000-7000-8000-000000000000';
const left = (photos: number, previews: string[] = []) => ({
  inspection: INSPECTION,
  tender: '道路改善',
  date: '2026-11-23',
  operations: photos ? 3 : 0,
  photos,
  gaps: 0,
  previews,
});
const device = (...inspections: unknown[]) => ({
  id: LOST,
  name: '平板一',
  heard_at: '2026-11-23T01:00:00Z',
  revoked: false,
  inspections,
});

/** The page before a server that answers with these devices. */
async function page(
  ...devices: unknown[]
): Promise<{ text: () => string; asked: HttpRequest[]; shown: Stage }> {
  on.opened = await bench('leader');
  const { tablet } = on.opened;
  const honest = tablet.line.transport;
  const asked: HttpRequest[] = [];
  await tablet.engine.stop();
  await tablet.start({
    transport: async (request) => {
      if (!request.path.startsWith('/api/v1/left-behind')) return honest(request);
      asked.push(request);
      if (request.method === 'GET') return json(200, { devices: devices.splice(0) });
      return reply(204, '', {});
    },
  });
  on.shown = await stage(tablet.engine, LeftBehind);
  const { wrapper } = on.shown;
  return { text: () => wrapper.text().replace(/\s+/g, ''), asked, shown: on.shown };
}

test('the next sign-in names the lost device, its inspections, and what never came', async () => {
  const { text, shown: it } = await page(device(left(2, ['k1', 'k2'])));
  for (const words of ['平板一', '道路改善', '3筆紀錄', '2張照片的原檔', '伺服器無從得知', '補記、重拍'])
    expect(text()).toContain(words);
  expect(it.wrapper.findAll('img').map((img) => img.attributes('src'))).toEqual([
    '/api/v1/previews/k1?tablet',
    '/api/v1/previews/k2?tablet',
  ]);
});

test('what was dealt with is told to the server and goes away', async () => {
  const { text, asked, shown: it } = await page(device(left(2)));
  await it.wrapper.get('button').trigger('click');
  await settled();
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toContain(
    `POST /api/v1/left-behind/${LOST}/settled`,
  );
  expect(text()).toBe('');
});

test('where all has come as far as is known, it never says that all was sent', async () => {
  const { text } = await page(device(left(0)));
  expect(text()).toContain('無從得知');
  expect(text()).not.toContain('全部');
});
