/** `node simulation.mjs ...`, started by `python3 dev.py simulate`, which explains the arguments. */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Backend } from './backend';
import {
  allAfter,
  allFaults,
  backendsOf,
  byChance,
  core,
  type Failure,
  replayed,
  type Schedule,
  told,
  wordsOf,
} from './campaign';
import type { Fault } from './faults';
import { Breaks, Pairs } from './pairs';
import { QUICK } from './quick';
import { seeded } from './random';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'twin' },
    schedules: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    singles: { type: 'boolean', default: false },
    pairs: { type: 'boolean', default: false },
    compare: { type: 'string', default: '3' },
    from: { type: 'string' },
    sample: { type: 'string' },
    seconds: { type: 'string' },
    part: { type: 'string', default: '0/1' },
    replay: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    digest: { type: 'boolean', default: false },
  },
});

/** Frames of an error that nobody may ever read; a story lives by them. */
const DEPTH = 2;
/** after so many seeds a line says how far it is */
const SEEDS = 5_000;

const [part, parts] = values.part.split('/').map(Number) as [number, number];
/** All of the pairs, each decided (pairs.ts): for that the twin's states are compared. */
const wholly = values.pairs && values.server === 'twin' && values.sample === undefined;
const deadline = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds) * 1000;

/** All of it in order, this process's share. With a sample: so many of them, chosen by the seed. */
async function* chosen(backend: Backend): AsyncGenerator<Schedule> {
  if (values.replay !== undefined) return void (yield replayed(values.replay));
  if (values.quick) yield* QUICK.map(replayed);
  const faults = values.singles || (values.pairs && !wholly) ? await allFaults(backend) : [];
  const kinds = [share([...singles(faults)]), pairs(faults, backend), chance()];
  // With a time limit every kind gets its share of it.
  if (values.seconds !== undefined) yield* alternating(kinds);
  else for (const kind of kinds) yield* kind;
}

type Schedules = Iterable<Schedule> | AsyncIterable<Schedule>;

async function* alternating(kinds: Schedules[]): AsyncGenerator<Schedule> {
  let open = kinds.map((kind) =>
    Symbol.asyncIterator in kind ? kind[Symbol.asyncIterator]() : kind[Symbol.iterator](),
  );
  while (open.length > 0)
    for (const kind of [...open]) {
      const { value, done } = await kind.next();
      if (done) open = open.filter((other) => other !== kind);
      else yield value;
    }
}

function* chance(): Generator<Schedule> {
  const [first, count] = [Number(values.seed), Number(values.schedules)];
  for (let at = part; at < count; at += parts) {
    yield byChance(first + at);
    // Whoever is interrupted goes on from the last of these with --seed.
    if (Math.floor((at + parts) / SEEDS) > Math.floor(at / SEEDS))
      console.log(JSON.stringify({ part: values.part, told_to_seed: first + at }));
  }
}

function* singles(faults: Fault[]): Generator<Schedule> {
  if (!values.singles) return;
  yield core([]);
  for (const fault of faults) yield core([fault]);
}

function* share(all: Schedule[]): Generator<Schedule> {
  const wanted = values.sample === undefined ? all : drawn(all, Number(values.sample));
  for (let at = part; at < wanted.length; at += parts) yield wanted[at] as Schedule;
}

async function* pairs(faults: Fault[], backend: Backend): AsyncGenerator<Schedule> {
  if (!values.pairs || wholly) return;
  if (values.sample !== undefined) return void (yield* drawnPairs(faults));
  let number = 0;
  for (const first of faults)
    for (const second of await allAfter(first, backend))
      if (number++ % parts === part) yield core([first, second]);
}

function* drawnPairs(faults: Fault[]): Generator<Schedule> {
  const random = seeded(Number(values.seed) + part);
  const any = () => faults[Math.floor(random() * faults.length)] as Fault;
  for (let left = Number(values.sample); left > 0; left -= parts) yield core([any(), any()]);
}

function drawn<T>(from: T[], count: number): T[] {
  const random = seeded(Number(values.seed));
  const left = [...from];
  const found: T[] = [];
  while (found.length < count && left.length > 0)
    found.push(...left.splice(Math.floor(random() * left.length), 1));
  return found;
}

async function campaign(): Promise<number> {
  Error.stackTraceLimit = DEPTH;
  const backends = await backendsOf(values.server);
  const started = performance.now();
  const failures: Failure[] = [];
  const digest = values.digest ? createHash('sha256') : null;
  const always = values.quick ? QUICK.length : 0;
  let done = 0;
  let lastWord = started;
  for await (const schedule of chosen(backends[0] as Backend)) {
    if (done >= always && performance.now() - started > deadline) break;
    const failure = await told(schedule, backends, digest);
    done += 1;
    if (failure !== null) {
      failures.push(failure);
      complain(failure);
      if (!values['keep-going']) break;
    }
    if (performance.now() - lastWord > 10_000) {
      lastWord = performance.now();
      console.error(`  ${done} stories, ${rate(done, started)} per second, at ${schedule.name}`);
    }
  }
  for (const backend of backends) backend.end();
  const seconds = (performance.now() - started) / 1000;
  const summary = {
    server: values.server,
    stories: done,
    failures: failures.length,
    seconds: Math.round(seconds * 10) / 10,
    per_second: rate(done, started),
    // of every answer in every story: the same stories have the same
    ...(digest && { digest: digest.digest('hex').slice(0, 16) }),
  };
  console.log(JSON.stringify(summary));
  return failures.length > 0 ? 1 : 0;
}

/** Every pair is decided; what stands for others is told. */
async function allPairs(share: number): Promise<number> {
  const campaign = new Pairs(part, parts, share, values.from ?? null);
  const started = performance.now();
  let lastWord = started;
  let broken = 0;
  try {
    for await (const at of campaign.all()) {
      if (performance.now() - started > deadline) break;
      if (performance.now() - lastWord < 10_000) continue;
      lastWord = performance.now();
      console.error(`  ${JSON.stringify(campaign.tally)} at ${at}`);
    }
  } catch (error) {
    if (!(error instanceof Breaks)) throw error;
    broken = 1;
    complain({ name: error.message, words: wordsOf(error.cause) });
  }
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  console.log(JSON.stringify({ ...campaign.tally, failures: broken, seconds }));
  return broken;
}

const rate = (done: number, started: number): number =>
  Math.round((done / (performance.now() - started)) * 10_000) / 10;

function complain({ name, words }: Failure): void {
  console.error(`BROKEN ${name}\n  ${words}`);
  console.error(`  again: python3 dev.py simulate --server ${values.server} --replay "${name}"`);
}

if (values.replay !== undefined && values.trace) {
  const [backend] = await backendsOf(values.server);
  const schedule = replayed(values.replay);
  const story = schedule.tell(backend as Backend);
  await story.run(schedule.steps()).catch((error: unknown) => console.error(error));
  for (const line of story.trace) console.log(line);
  backend?.end();
} else {
  const others = values.singles || values.quick || !wholly || values.schedules !== '0';
  process.exitCode = others ? await campaign() : 0;
  if (wholly && process.exitCode === 0) process.exitCode = await allPairs(Number(values.compare));
}
