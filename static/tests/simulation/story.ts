/** One story: two tablets, one server, a script of steps and of faults; what must always hold is looked at after each step. */
import { scoreSheetId } from '../../src/domain/ids';
import type { HttpRequest } from '../../src/sync/ports';
import { type Backend, type Twin, teamOf } from './backend';
import { silence } from './channel';
import { type DeviceStanding, SimulatedDevice } from './device';
import type { Positions, RequestFault, Script, StepFault } from './faults';
import { foldOf, Watch } from './invariants';
import { Network, type Weather } from './network';
import { seeded } from './random';
import type { Step } from './steps';

const START = Date.parse('2026-11-23T01:00:00Z');
const DAY = 86_400_000;
const ROUNDS = 14;

const pictures = new Map<string, Uint8Array>();

/** The same bytes in every story: nobody writes to them, and what was hashed once is known. */
function pictureOf(mark: number, size: number): Uint8Array {
  const name = `${mark} ${size}`;
  const known = pictures.get(name);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(size).fill(mark % 251);
  bytes.set([0xff, 0xd8, 0xff, mark]);
  pictures.set(name, bytes);
  return bytes;
}

/** A story at rest. */
export interface Standing {
  twin: Twin;
  plain: { now: number; struck: Positions | null; strikes: number };
  passed: Positions;
  own: [marks: number, serverSkew: number, skews: number[], signedOut: number[], random: number];
  network: Network;
  devices: DeviceStanding[];
  watch: Watch;
}

/** Somebody who looks on: at each moment when nothing moves, and at each request before anything befalls it. */
export interface Onlooker {
  /** `place` is the same in all stories of the same steps */
  rest(place: string): void;
  request(request: HttpRequest, person: number): void;
}

export class Story {
  onlooker: Onlooker | null = null;
  readonly devices: SimulatedDevice[];
  readonly trace: string[] = [];
  /** whether it notes what was answered: the dearest of its words */
  traced = true;
  /** positions that were passed before healing: where faults can strike */
  readonly passed: Positions = { request: 0, commit: 0, step: 0 };
  /** the same at the moment when the first fault struck */
  struck: Positions | null = null;
  /** how many faults struck */
  strikes = 0;
  network: Network;
  watch: Watch;
  now = START;
  #healed = false;
  /** it comes to where another stood: nothing of that counts */
  #waking = false;
  #marks = 0;
  #serverSkew = 0;
  readonly #skews = [0, 0];
  readonly #signedOut = new Set<number>();
  #random = seeded(1);

  /** Without a seed each step has its own chance, whatever was drawn before. */
  constructor(
    readonly backend: Backend,
    private readonly script: Script,
    private readonly seed: number | null = null,
  ) {
    if (seed !== null) this.#random = seeded(seed);
    this.network = new Network(backend, this.#weather());
    this.devices = [0, 1].map((number) => this.#device(number));
    this.watch = new Watch(this.devices, backend);
  }

  #weather(): Weather {
    return {
      arriving: (request, person) => this.onlooker?.request(request, person),
      fault: (number) => this.#strikeRequest(number),
      now: () => this.serverNow,
      isSignedOut: this.isSignedOut,
      record: (words) => void (this.traced && this.trace.push(words())),
    };
  }

  #device(number: number): SimulatedDevice {
    const { setting } = this.backend;
    const id = setting.accounts[number] as string;
    const roles = number === 0 ? ['inspector', 'leader'] : ['inspector'];
    const account = { id, login: id, name: id, roles, agency: null };
    const device = { id: setting.devices[number] as string, name: 'tablet' };
    return new SimulatedDevice(
      { account, device, number: number + 1 },
      {
        inspection: setting.inspection,
        team: teamOf(setting),
        clock: () => this.now + (this.#skews[number] ?? 0),
        random: () => this.#random(),
        transport: (tab) => (request) => this.network.transport(number)(tab)(request),
        onCommit: () => this.#strikeCommit(),
      },
    );
  }

  #strikes<T>(fault: T | null): T | null {
    if (fault === null) return null;
    this.strikes += 1;
    this.struck ??= { ...this.passed };
    return fault;
  }

  #strikeRequest(number: number): RequestFault | null {
    if (this.#healed) return null;
    this.passed.request = number;
    return this.#strikes(this.script.request(number));
  }

  #strikeCommit(): 'before' | 'after' | null {
    if (this.#healed || this.#waking) return null;
    this.passed.commit += 1;
    const fault = this.#strikes(this.script.commit(this.passed.commit));
    return fault === null ? null : fault === 'tab_dies_before_commit' ? 'before' : 'after';
  }

  /** Throws with what does not hold, and where. */
  async run(steps: Iterable<Step>): Promise<void> {
    silence();
    await this.backend.reset();
    for (const device of this.devices) await device.restart();
    await this.#through(steps);
  }

  /** On the twin, with one page open on each tablet: enough to go on from here in another story. */
  get standing(): Standing | null {
    if (this.devices.some((device) => device.tabs.length !== 1)) return null;
    const twin = (this.backend as Twin).fork();
    const { now, struck, strikes } = this;
    return {
      twin,
      plain: { now, struck, strikes },
      passed: { ...this.passed },
      own: [this.#marks, this.#serverSkew, [...this.#skews], [...this.#signedOut], this.#random.at.state],
      network: this.network.fork(twin, this.#weather()),
      devices: this.devices.map((device) => device.standing),
      watch: this.watch.fork(this.devices, twin),
    };
  }

  /** Comes to where another stood. Its script must be the same so far. */
  async comeTo(standing: Standing): Promise<void> {
    silence();
    this.#waking = true;
    for (const [at, device] of this.devices.entries())
      await device.goOnFrom(standing.devices[at] as DeviceStanding);
    this.#waking = false;
    Object.assign(this, standing.plain);
    Object.assign(this.passed, standing.passed);
    const [marks, serverSkew, skews, signedOut, random] = standing.own;
    this.#marks = marks;
    this.#serverSkew = serverSkew;
    this.#skews.splice(0, 2, ...skews);
    for (const person of signedOut) this.#signedOut.add(person);
    this.#random = seeded(0);
    this.#random.at.state = random;
    this.network = standing.network.fork(this.backend, this.#weather());
    this.watch = standing.watch.fork(this.devices, this.backend);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** From where it stands. */
  async goOn(steps: readonly Step[]): Promise<void> {
    await this.#through(steps.slice(this.passed.step));
  }

  async #through(steps: Iterable<Step>): Promise<void> {
    for (const step of steps) {
      this.passed.step += 1;
      const number = this.passed.step;
      if (this.seed === null) this.#random = seeded(number);
      await this.#befall(this.script.step(number), number);
      await this.#step(step);
      this.trace.push(`step ${number} ${JSON.stringify(step)}, ${this.passed.commit} commits so far`);
      await this.watch.look(`step ${number} ${JSON.stringify(step)}`);
      await this.#rest(`after step ${number}`);
    }
    await this.#heal();
    await this.watch.end();
  }

  async #befall(faults: StepFault[], number: number): Promise<void> {
    for (const fault of faults) {
      this.#strikes(fault);
      this.trace.push(fault);
      await this.#between(fault);
    }
    if (faults.length > 0) await this.#rest(`before step ${number}`);
  }

  /** What still runs on the tablets has come to an end; then somebody may look. */
  async #rest(place: string): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.onlooker?.rest(place);
  }

  /** All that decides how it goes on, but for the faults to come. */
  get inside(): unknown[] {
    const own = [this.now, this.#healed, this.#marks, this.#serverSkew, this.#skews, this.#signedOut];
    return [own, this.#random, this.devices, this.watch, this.network.underway];
  }

  get isHealing(): boolean {
    return this.#healed;
  }

  isSignedOut = (person: number): boolean => this.#signedOut.has(person);
  get serverNow(): number {
    return this.now + this.#serverSkew;
  }

  async #step(step: Step): Promise<void> {
    if (step.do === 'backup') return this.backend.backup();
    if (step.do === 'wait') this.now += step.seconds * 1000;
    else await this.#person(step, this.devices[step.who] as SimulatedDevice);
    this.now += 20_000;
  }

  async #person(step: Exclude<Step, { do: 'backup' | 'wait' }>, device: SimulatedDevice): Promise<void> {
    const { inspection } = this.backend.setting;
    switch (step.do) {
      case 'send':
        await this.#send(device, step.who);
        return;
      case 'edit':
        return this.#edit(device, step.who, step.entity, step.flavour ?? 'text');
      case 'photo':
        return this.#photo(device, step.entity, step.size);
      case 'hand_in':
        return this.#handIn(device, step.points);
      case 'sign':
        await device.does((engine) =>
          engine.sign(inspection, { name: 'n', role: 'member', strokes: 'M0 0' }),
        );
        return;
      case 'close':
        await device.does((engine) => engine.close(inspection));
        return;
      case 'reopen':
        await device.does((engine) => engine.reopen(inspection));
        return;
      case 'prune':
        await device.does((engine) => engine.prune());
        return;
      case 'accept_late':
        return this.#acceptLate(device);
    }
  }

  async #edit(device: SimulatedDevice, who: number, entity: number, flavour: string): Promise<void> {
    const { inspection } = this.backend.setting;
    // 0 and 1 are everybody's, the others each tablet's own.
    const id = `f${entity < 2 ? 0 : who + 1}00000${entity}-0000-7000-8000-000000000000`;
    this.#marks += 1;
    const text = `${flavour} ${this.#marks}`;
    const set = { kind: 'defect', text };
    const done = await device.does((engine) => engine.edit(inspection, 'finding', id, set));
    this.watch.saved(who, id, 'text', text, done === 'killed');
  }

  async #photo(device: SimulatedDevice, entity: number, size: number): Promise<void> {
    this.#marks += 1;
    const bytes = pictureOf(this.#marks, size);
    const finding = `f000000${entity}-0000-7000-8000-000000000000`;
    const { inspection } = this.backend.setting;
    const saved = await device.does((engine) => engine.addPhoto(inspection, finding, bytes, {}, 'evidence'));
    if (saved === 'killed') return;
    this.watch.photographed(device, saved.sha256);
    this.watch.saved(device.person.number - 1, saved.entityId, 'sha256', saved.sha256, false);
  }

  async #handIn(device: SimulatedDevice, points: number): Promise<void> {
    const { inspection } = this.backend.setting;
    const id = scoreSheetId(inspection, device.person.account.id);
    const handed_in_at = new Date(START + this.#marks++ * 1000).toISOString();
    const set = { w_structure: points - 40 > 40 ? 40 : points - 40, handed_in_at };
    const done = await device.does((engine) => engine.edit(inspection, 'score_sheet', id, set));
    this.watch.saved(device.person.number - 1, id, 'handed_in_at', handed_in_at, done === 'killed');
  }

  async #acceptLate(device: SimulatedDevice): Promise<void> {
    const { inspection } = this.backend.setting;
    const state = foldOf(device, teamOf(this.backend.setting));
    for (const operation of state.late)
      await device.does((engine) => engine.decideLate(inspection, operation, 'accept', 'seen'));
  }

  /** All tabs at once. A session that was over is opened again after a run that said so. */
  async #send(device: SimulatedDevice, who: number): Promise<void> {
    await Promise.all([...device.tabs].map((tab) => device.does((engine) => engine.sendNow(), tab)));
    if (this.#signedOut.delete(who)) this.trace.push(`${who} signs in again`);
  }

  async #between(fault: StepFault): Promise<void> {
    const who = Number(fault.at(-1));
    const device = this.devices[who === 1 ? 1 : 0] as SimulatedDevice;
    if (fault.startsWith('restart')) return device.restart();
    if (fault.startsWith('session_over')) this.#signedOut.add(who);
    if (fault.startsWith('second_tab')) await device.open();
    if (fault.startsWith('upgrade')) await device.upgrade();
    if (fault.startsWith('clock_device')) this.#skews[who] = fault.includes('back') ? -365 * DAY : 3 * DAY;
    if (fault.startsWith('clock_server')) this.#serverSkew += fault.includes('back') ? -3_600_000 : 3 * DAY;
    if (fault === 'clean') await this.backend.clean(this.now + this.#serverSkew + 200 * DAY);
    if (fault.startsWith('restore')) {
      await this.backend.putBack(fault === 'restore_silently');
      await this.watch.restored(fault === 'restore_silently');
    }
  }

  /** The line is good and time goes on, until nothing moves any more. A poisoned operation stays so for the first half, and only for it there is a second. */
  async #heal(): Promise<void> {
    this.#healed = true;
    this.#signedOut.clear();
    await this.network.calm();
    for (const device of this.devices) await device.restart();
    if (this.seed === null) this.#random = seeded(0);
    await this.#rest('before healing');
    const atRest = await this.#settle();
    this.watch.onlyPoisonWaits();
    if (atRest && this.devices.every((device) => device.isEmpty)) return;
    await this.backend.cure();
    await this.#settle();
  }

  /** Answers whether it came to rest. */
  async #settle(): Promise<boolean> {
    for (let round = 0, before = ''; round < ROUNDS; round++) {
      this.now += 8 * 3_600_000;
      for (const device of this.devices) await device.does((engine) => engine.sendNow());
      await this.watch.look(`healing, round ${round + 1}`);
      const standing = this.watch.standing();
      if (round > 0 && standing === before) return true;
      before = standing;
      await this.#rest(`healing, round ${round + 1}`);
    }
    return false;
  }
}
