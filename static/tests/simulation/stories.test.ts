// @vitest-environment node
/** A few stories on the twin with nothing remembered and nothing bundled; the campaign is `dev.py simulate`. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Twin } from './backend';
import { byChance, replayed, type Schedule, told } from './campaign';
import { QUICK } from './quick';

const SEEDS = 25;

async function telling(schedules: Schedule[]): Promise<void> {
  for (const schedule of schedules)
    expect(await told(schedule, [new Twin()], createHash('sha256'))).toBeNull();
}

test('chosen stories: nothing is lost, doubled or stuck', () => telling(QUICK.map(replayed)));

test('two tablets on a bad line: nothing is lost, doubled or stuck', () =>
  telling(Array.from({ length: SEEDS }, (_, at) => byChance(at + 1))));
