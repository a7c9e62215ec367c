/** Which stories are told: all single faults and pairs of the core story, and stories by chance; on which server. */
import type { Hash } from 'node:crypto';
import { type Backend, Real, Twin } from './backend';
import {
  COMMIT_FAULTS,
  type Fault,
  type Positions,
  REQUEST_FAULTS,
  random,
  STEP_FAULTS,
  scripted,
} from './faults';
import { Broken } from './invariants';
import { seeded } from './random';
import { CORE, drawStep, type Step } from './steps';
import { Story } from './story';

const STEPS_BY_CHANCE = 25;

/** One story, by a text that replays it: `core`, `core: request 12 drop, step 3 restore`, `seed 4711`. */
export interface Schedule {
  name: string;
  tell: (backend: Backend) => Story;
  steps: () => Iterable<Step>;
}

export function core(faults: Fault[]): Schedule {
  const words = faults.map(({ at, number, kind }) => `${at} ${number} ${kind}`).join(', ');
  return {
    name: words === '' ? 'core' : `core: ${words}`,
    tell: (backend) => new Story(backend, scripted(faults)),
    steps: () => CORE,
  };
}

export function byChance(seed: number): Schedule {
  return {
    name: `seed ${seed}`,
    tell: (backend) => new Story(backend, random(seeded(seed ^ 0x5bd1e995)), seed),
    steps: () => {
      const chance = seeded(seed);
      return Array.from({ length: STEPS_BY_CHANCE }, () => drawStep(chance));
    },
  };
}

/** The schedule of a name. */
export function replayed(name: string): Schedule {
  const seed = /^seed (\d+)$/.exec(name);
  if (seed) return byChance(Number(seed[1]));
  const faults = name
    .replace(/^core:? ?/, '')
    .split(', ')
    .filter(Boolean);
  return core(
    faults.map((words) => {
      const [at, number, kind] = words.split(' ') as [Fault['at'], string, string];
      return { at, number: Number(number), kind };
    }),
  );
}

/** Every fault at every position that the core story passes without any. */
export async function allFaults(backend: Backend): Promise<Fault[]> {
  return faultsBetween({ request: 0, commit: 0, step: 0 }, (await passedBy([], backend)).passed);
}

/** Every fault that can follow one: at every position that the core story with this one passes after it. */
export async function allAfter(first: Fault, backend: Backend): Promise<Fault[]> {
  const { struck, passed } = await passedBy([first], backend);
  if (struck === null) return [];
  const again = STEP_FAULTS.filter((kind) => kind !== first.kind).map((kind) => ({ ...first, kind }));
  return [...(first.at === 'step' ? again : []), ...faultsBetween(struck, passed)];
}

/** A story that broke is not gone on with; among the singles it is named. */
async function passedBy(faults: Fault[], backend: Backend): Promise<Story> {
  const story = core(faults).tell(backend);
  await story.run(CORE).catch(() => undefined);
  return story;
}

export const KINDS: Record<Fault['at'], readonly string[]> = {
  request: REQUEST_FAULTS,
  commit: COMMIT_FAULTS,
  step: STEP_FAULTS,
};

export function faultsBetween(from: Positions, to: Positions): Fault[] {
  return (['request', 'commit', 'step'] as const).flatMap((at) =>
    Array.from({ length: to[at] - from[at] }, (_, index) =>
      KINDS[at].map((kind) => ({ at, number: from[at] + index + 1, kind })),
    ).flat(),
  );
}

export interface Failure {
  name: string;
  words: string;
}

/** Tells one story on each server; null when everything held and the servers said the same. `digest`, if any, hears every word. */
export async function told(
  schedule: Schedule,
  backends: Backend[],
  digest: Hash | null,
): Promise<Failure | null> {
  const traces: string[][] = [];
  for (const backend of backends) {
    const story = schedule.tell(backend);
    story.traced = digest !== null || backends.length > 1;
    try {
      await story.run(schedule.steps());
    } catch (error) {
      return { name: schedule.name, words: wordsOf(error) };
    }
    traces.push([...story.trace, await ending(backend)]);
  }
  digest?.update(`${schedule.name}\n${traces[0]?.join('\n')}\n`);
  const words = divergence(traces);
  return words === null ? null : { name: schedule.name, words };
}

export const wordsOf = (error: unknown): string =>
  error instanceof Broken ? error.message : ((error as Error).stack ?? String(error));

async function ending(backend: Backend): Promise<string> {
  const { log, aside, photos } = await backend.state();
  const lines = log.map(({ operation, n, stamp, received, status }) => [
    operation.id,
    n,
    stamp,
    received,
    status,
  ]);
  const beside = aside.map(({ id, seq, code }) => `${id} ${seq} ${code}`).sort();
  return JSON.stringify([lines, beside, Object.keys(photos).sort()]);
}

function divergence([one = [], other]: string[][]): string | null {
  if (other === undefined) return null;
  const at = one.findIndex((line, index) => line !== other[index]);
  if (at < 0 && one.length === other.length) return null;
  return `the servers differ at answer ${at + 1}:\n  ${one[at]}\n  ${other[at]}`;
}

export async function backendsOf(name: string): Promise<Backend[]> {
  if (name === 'twin') return [new Twin()];
  const python = process.env.SIMULATION_PYTHON ?? 'python';
  const real = await Real.start(python, process.env.SIMULATION_ROOT ?? '.');
  return name === 'real' ? [real] : [real, new Twin(real.setting)];
}
