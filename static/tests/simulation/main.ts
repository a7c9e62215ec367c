/** `node simulation.mjs ...`, started by `python3 dev.py simulate`, which explains the arguments. */
import { parseArgs } from 'node:util';
import { seeded } from '../sync/random';
import type { Backend } from './backend';
import {
  allFaults,
  backendsOf,
  byChance,
  core,
  type Failure,
  replayed,
  type Schedule,
  told,
} from './campaign';
import type { Fault } from './faults';
import { QUICK } from './quick';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'twin' },
    schedules: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    singles: { type: 'boolean', default: false },
    pairs: { type: 'boolean', default: false },
    sample: { type: 'string' },
    seconds: { type: 'string' },
    part: { type: 'string', default: '0/1' },
    replay: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});

const [part, parts] = values.part.split('/').map(Number) as [number, number];
const deadline = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds) * 1000;

/** All of it in order, this process's share. With a sample: so many of them, chosen by the seed. */
async function* chosen(backend: Backend): AsyncGenerator<Schedule> {
  if (values.replay !== undefined) return void (yield replayed(values.replay));
  if (values.quick) yield* QUICK.map(replayed);
  const faults = values.singles || values.pairs ? await allFaults(backend) : [];
  const kinds = [share([...singles(faults)]), values.pairs ? pairs(faults) : [], chance()];
  // With a time limit every kind gets its share of it.
  if (values.seconds !== undefined) yield* alternating(kinds.map((kind) => kind[Symbol.iterator]()));
  else for (const kind of kinds) yield* kind;
}

function* alternating(kinds: Iterator<Schedule>[]): Generator<Schedule> {
  for (let open = kinds; open.length > 0; ) {
    const next = open.map((kind) => [kind, kind.next()] as const);
    for (const [, { value, done }] of next) if (!done) yield value;
    open = next.filter(([, { done }]) => !done).map(([kind]) => kind);
  }
}

function* chance(): Generator<Schedule> {
  const [first, count] = [Number(values.seed), Number(values.schedules)];
  for (let at = part; at < count; at += parts) yield byChance(first + at);
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

function* pairs(faults: Fault[]): Generator<Schedule> {
  const total = (faults.length * (faults.length - 1)) / 2;
  if (values.sample !== undefined) {
    const random = seeded(Number(values.seed) + part);
    const any = () => faults[Math.floor(random() * faults.length)] as Fault;
    for (let left = Math.min(total, Number(values.sample)); left > 0; left -= parts)
      yield core([any(), any()]);
    return;
  }
  let number = 0;
  for (const [at, one] of faults.entries())
    for (const other of faults.slice(at + 1)) if (number++ % parts === part) yield core([one, other]);
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
  const backends = await backendsOf(values.server);
  const started = performance.now();
  const failures: Failure[] = [];
  const always = values.quick ? QUICK.length : 0;
  let done = 0;
  let lastWord = started;
  for await (const schedule of chosen(backends[0] as Backend)) {
    if (done >= always && performance.now() - started > deadline) break;
    const failure = await told(schedule, backends);
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
  };
  console.log(JSON.stringify(summary));
  return failures.length > 0 ? 1 : 0;
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
  process.exitCode = await campaign();
}
