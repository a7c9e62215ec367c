import { expect, test } from 'vitest';
import { startTriggers } from '../../src/sync/triggers';

test('a line that goes is told at once, as is one that comes back', () => {
  const runs: boolean[] = [];
  const triggers = startTriggers((eager) => runs.push(eager));
  window.dispatchEvent(new Event('offline'));
  window.dispatchEvent(new Event('online'));
  triggers.stop();
  window.dispatchEvent(new Event('offline'));
  expect(runs).toEqual([false, false, true]);
});
