/**
 * All pairs of faults of the core story, and no more telling than they need. Two stories that come to the same state at
 * the same place go on alike, so what was told from there is not told again; two faults that do the same to the same
 * request are one. Both are looked at on whole states (whole.ts); a share of what is left out is told all the same, next to
 * the story that stands for it, and held to it at every place from there on.
 */
import { Twin } from './backend';
import { core, faultsBetween, KINDS } from './campaign';
import { Moment } from './effects';
import { type Fault, type Positions, STEP_FAULTS } from './faults';
import { seeded } from './random';
import { CORE } from './steps';
import type { Standing, Story } from './story';
import { wholeOf } from './whole';

interface Rest {
  place: string;
  state: string;
  passed: Positions;
  /** to go on from; not where two pages are open, nor in healing */
  standing: Standing | null;
}

/** One story with at most one fault, told up to a state that another had come to. */
interface Told {
  faults: Fault[];
  /** where the first fault struck */
  struck: Positions;
  /** where it ended or joined another */
  passed: Positions;
  rests: Rest[];
  moments: Moment[];
  joined: { other: Told; at: Rest } | null;
}

export interface Tally {
  /** stories that were told, in full or up to a known state */
  told: number;
  /** pairs that are decided */
  pairs: number;
  /** that were told besides, for comparison */
  compared: number;
}

export class Breaks extends Error {
  constructor(
    readonly faults: Fault[],
    override readonly cause: unknown,
  ) {
    super(core(faults).name);
  }
}

class Enough extends Error {}

const NOWHERE: Positions = { request: 0, commit: 0, step: 0 };

export class Pairs {
  readonly tally: Tally = { told: 0, pairs: 0, compared: 0 };
  /** states from which every single further fault is told, by the story that came there first */
  readonly #first = new Map<string, { other: Told; at: Rest }>();
  /** states from which the story without further faults is told */
  readonly #last = new Set<string>();
  readonly #groups = new Map<string, string[][]>();
  readonly #random = seeded(1);

  /** `share`: of a thousand that are left out, so many are told for comparison. `from`: the first fault with which an interrupted run goes on. */
  constructor(
    private readonly part: number,
    private readonly parts: number,
    private readonly share: number,
    private from: string | null,
  ) {}

  /** Yields after each story; throws `Breaks`. */
  async *all(): AsyncGenerator<string> {
    const plain = await this.#tell([]);
    for (const [fault, like] of await this.#following(plain)) {
      if (this.#place(fault) % this.parts !== this.part || this.#isDone(fault)) continue;
      const first = await this.#tell([fault]);
      yield core([fault]).name;
      this.tally.pairs += this.#count(first) * like.length;
      await this.#compareLike([], fault, like);
      await this.#compareJoined(first);
      for (const [second, alike] of await this.#following(first)) {
        await this.#tellLast([fault, second], lastBefore(second, first) ?? lastBefore(fault, plain));
        await this.#compareLike([fault], second, alike);
        yield core([fault, second]).name;
      }
      // Others may still join it; nobody goes on from it, or asks again what could follow.
      for (const rest of first.rests) rest.standing = null;
      first.moments.length = 0;
    }
  }

  #isDone(fault: Fault): boolean {
    if (this.from === core([fault]).name) this.from = null;
    return this.from !== null;
  }

  /** Faults at one place stay together: they come to the same states. */
  #place({ at, number }: Fault): number {
    return at === 'commit' ? number : number + (at === 'step' ? 1 : 0);
  }

  /** Each fault that can follow, up to where the story joined another, with those that do the same. */
  async #following(story: Told): Promise<[Fault, Fault[]][]> {
    const found: [Fault, Fault[]][] = this.#again(story).map((fault) => [fault, [fault]]);
    for (const moment of story.moments)
      for (const kinds of await moment.groups(this.#groups)) {
        const faults = kinds.map((kind) => ({ at: 'request' as const, number: moment.number, kind }));
        found.push([faults[0] as Fault, faults]);
      }
    const others = faultsBetween(story.struck, story.passed).filter(({ at }) => at !== 'request');
    return [...found, ...others.map((fault): [Fault, Fault[]] => [fault, [fault]])];
  }

  /** Before one step two things may happen. */
  #again({ faults: [fault] }: Told): Fault[] {
    if (fault?.at !== 'step') return [];
    return STEP_FAULTS.filter((kind) => kind !== fault.kind).map((kind) => ({ ...fault, kind }));
  }

  /** How many faults can follow, where it joined another as many as there. */
  #count(story: Told): number {
    return this.#again(story).length + between(story.struck, story.passed) + this.#beyond(story);
  }

  #beyond({ joined }: Told): number {
    if (joined === null) return 0;
    return between(joined.at.passed, joined.other.passed) + this.#beyond(joined.other);
  }

  async #tell(faults: Fault[]): Promise<Told> {
    const told: Told = { faults, struck: NOWHERE, passed: NOWHERE, rests: [], moments: [], joined: null };
    const story = core(faults).tell(new Twin());
    story.onlooker = {
      request: (request, person) => {
        if (story.strikes === faults.length && !story.isHealing)
          told.moments.push(new Moment(story, request, person));
      },
      rest: (place) => {
        if (story.strikes < faults.length || place.startsWith('before step')) return;
        const key = keyOf(place, story);
        const state = withKept(key, story);
        const known = this.#first.get(state);
        if (known !== undefined) {
          told.joined = known;
          throw new Enough();
        }
        const standing = story.isHealing ? null : story.standing;
        const at = { place, state, passed: { ...story.passed }, standing };
        told.rests.push(at);
        this.#first.set(state, { other: told, at });
        this.#last.add(key);
      },
    };
    await this.#run(story, faults);
    told.struck = faults.length === 0 ? NOWHERE : (story.struck as Positions);
    told.passed = { ...story.passed };
    return told;
  }

  async #tellLast(faults: Fault[], from: Rest | null): Promise<void> {
    const story = core(faults).tell(from?.standing?.twin.fork() ?? new Twin());
    story.onlooker = {
      request: () => undefined,
      rest: (place) => {
        if (story.strikes < faults.length) return;
        const state = keyOf(place, story);
        if (this.#last.has(state)) throw new Enough();
        this.#last.add(state);
      },
    };
    await this.#run(story, faults, from);
  }

  async #run(story: Story, faults: Fault[], from: Rest | null = null): Promise<void> {
    this.tally.told += 1;
    try {
      if (from?.standing) await this.#goOn(story, from, from.standing);
      else await story.run(CORE);
    } catch (error) {
      if (!(error instanceof Enough)) throw new Breaks(faults, error);
    }
    if (story.strikes !== faults.length) throw new Breaks(faults, new Error('a fault never struck'));
  }

  /** That nothing was forgotten on the way is looked at each time. */
  async #goOn(story: Story, from: Rest, standing: Standing): Promise<void> {
    await story.comeTo(standing);
    if (withKept(keyOf(from.place, story), story) !== from.state)
      throw new Error(`could not be gone on with from ${from.place}`);
    await story.goOn(CORE);
  }

  /** One of those that do the same, next to the one that is told for them. */
  async #compareLike(before: Fault[], one: Fault, like: Fault[]): Promise<void> {
    const other = like[1 + Math.floor(this.#random() * (like.length - 1))];
    if (like.length < 2 || other === undefined || !this.#drawn()) return;
    await this.#compare([...before, one], [...before, other]);
  }

  /** A second fault beyond the place where it joined, next to the same one there. */
  async #compareJoined(story: Told): Promise<void> {
    const { joined } = story;
    if (joined === null) return;
    const beyond = faultsBetween(joined.at.passed, joined.other.passed);
    const there = beyond[Math.floor(this.#random() * beyond.length)];
    if (there === undefined || this.#random() * 1000 > this.share * 50) return;
    const shift = story.passed[there.at] - joined.at.passed[there.at];
    const here = { ...there, number: there.number + shift };
    await this.#compare([...story.faults, here], [...joined.other.faults, there]);
  }

  #drawn(): boolean {
    return this.#random() * 1000 < this.share;
  }

  async #compare(one: Fault[], other: Fault[]): Promise<void> {
    this.tally.compared += 1;
    const [here, there] = [await this.#states(one), await this.#states(other)];
    if (here.join('\n') !== there.join('\n'))
      throw new Breaks(one, new Error(`it went on otherwise than ${core(other).name}`));
  }

  /** The state at each place of rest from the last fault on, without stopping. */
  async #states(faults: Fault[]): Promise<string[]> {
    const story = core(faults).tell(new Twin());
    const found: string[] = [];
    story.onlooker = {
      request: () => undefined,
      rest: (place) =>
        void (story.strikes === faults.length && found.push(`${place} ${keyOf(place, story)}`)),
    };
    await this.#run(story, faults);
    return found;
  }
}

/** All that counts when no fault is to come. */
const keyOf = (place: string, story: Story): string =>
  wholeOf(place, story.inside, (story.backend as Twin).inside);

/** One that is to come may be an old answer out of a cache. */
const withKept = (key: string, story: Story): string =>
  story.isHealing ? key : `${key} ${wholeOf(story.network.kept)}`;

/** The last rest from which this fault is still to come. */
function lastBefore(fault: Fault, { rests }: Told): Rest | null {
  const before = rests.filter((rest) => rest.standing !== null && rest.passed[fault.at] < fault.number);
  return before.at(-1) ?? null;
}

const between = (from: Positions, to: Positions): number =>
  (['request', 'commit', 'step'] as const).reduce(
    (sum, at) => sum + (to[at] - from[at]) * KINDS[at].length,
    0,
  );
