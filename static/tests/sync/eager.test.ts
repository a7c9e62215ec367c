// @vitest-environment node
import 'fake-indexeddb/auto';
import { afterEach, expect, test } from 'vitest';
import { type Bench, bench, INSPECTION } from '../data/bench';

const FINDING = 'f0000000-0000-7000-8000-000000000001';

let opened: Bench | null = null;
afterEach(async () => {
  await opened?.end();
  opened = null;
});

test('who asks by hand while a run fails and the minute comes round is not answered by the back-off', async () => {
  opened = await bench('leader');
  const { tablet, server } = opened;
  const honest = tablet.line.transport;
  let asked = 0;
  let minute: (eager: boolean) => void = () => undefined;
  await tablet.engine.stop();
  await tablet.start({
    transport: (request) => {
      asked += 1;
      return asked === 1 ? Promise.reject(new TypeError('Failed to fetch')) : honest(request);
    },
    triggers: (send) => {
      minute = send;
      return { saved: () => undefined, stop: () => undefined };
    },
  });
  await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
  minute(false); // finds nobody, and would wait from now on
  minute(false);
  await tablet.engine.sendNow();
  expect(server.log).toHaveLength(1);
});
