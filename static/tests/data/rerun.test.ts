// @vitest-environment node
import { expect, test } from 'vitest';
import { Rerun } from '../../src/engine/rerun';

/** Work that copies `value` to `shown` and then goes on for `steps` turns of the queue. */
function copying(steps: number) {
  const held = { value: 0, shown: 0, runs: 0 };
  const work = new Rerun(async () => {
    held.runs += 1;
    held.shown = held.value;
    for (let step = 0; step < steps; step += 1) await null;
  });
  return { held, work };
}

test.each(Array.from({ length: 16 }, (_, turns) => turns))(
  'what was written %i turns into a run is shown when its asking is answered',
  async (turns) => {
    const { held, work } = copying(4);
    const first = work.ask();
    for (let turn = 0; turn < turns; turn += 1) await null;
    held.value = 1;
    await work.ask();
    expect(held.shown).toBe(1);
    await first;
  },
);

test('a hundred askings at once are two runs', async () => {
  const { held, work } = copying(4);
  const first = work.ask();
  await Promise.all(Array.from({ length: 100 }, () => work.ask()));
  await first;
  expect(held.runs).toBe(2);
});

test('a run that fails says so, and the next asking runs again', async () => {
  let broken = true;
  const work = new Rerun(async () => {
    if (broken) throw new Error('the disk');
  });
  await expect(work.ask()).rejects.toThrow('the disk');
  broken = false;
  await expect(work.ask()).resolves.toBeUndefined();
});

test('what is asked for during a run that fails is looked at all the same', async () => {
  const disk = { broken: true, shown: 0 };
  const work = new Rerun(async () => {
    const { broken } = disk;
    await null;
    if (broken) throw new Error('the disk');
    disk.shown += 1;
  });
  const first = work.ask();
  disk.broken = false;
  await work.ask();
  expect(disk.shown).toBe(1);
  await first;
});
