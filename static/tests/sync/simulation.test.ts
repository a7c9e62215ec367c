// @vitest-environment node
import 'fake-indexeddb/auto';

import { expect, test } from 'vitest';
import { Story } from './story';

const STEPS = 25;
/** By hand: SEEDS=1000 FIRST_SEED=5000. Without it: as many stories as fit, and a failing seed is named and replays. */
const SEEDS = Number(process.env.SEEDS ?? 0);
const FIRST = Number(process.env.FIRST_SEED ?? 1);
const AT_LEAST = 20;
const BUDGET = 15_000;

async function told(seed: number): Promise<string[]> {
  const story = new Story(seed);
  await story.begin();
  for (let step = 0; step < STEPS; step++) await story.step();
  await story.heal();
  const faults = await story.check();
  await story.end();
  return faults.map((fault) => `seed ${seed}: ${fault}`);
}

test('two tablets on a bad line: nothing is lost, doubled or stuck', { timeout: 3_600_000 }, async () => {
  const started = performance.now();
  const goesOn = (done: number): boolean =>
    SEEDS > 0 ? done < SEEDS : done < AT_LEAST || performance.now() - started < BUDGET;
  let done = 0;
  for (; goesOn(done); done++) expect(await told(FIRST + done)).toEqual([]);
  console.info(`${done} stories from seed ${FIRST}`);
});
