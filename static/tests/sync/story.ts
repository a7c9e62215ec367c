/** One seed, one story: two tablets, one server, a bad line, kills and a restore; then everything heals, and it is checked. */
import { canonicalJson, type Json } from '../../src/domain/json';
import { listOf, shownValue } from '../../src/domain/operations';
import { SimulatedServer } from '../simulation/twin/server';
import { below, chance, seeded } from './random';
import { INSPECTION, Tablet } from './tablet';

const uuid = (kind: string, number: number): string =>
  `${kind}${number.toString(16).padStart(7, '0')}-0000-7000-8000-000000000000`;

/** A clock that is right, three days ahead, a year behind. */
const SKEWS = [0, 3 * 86_400_000, -365 * 86_400_000];

interface Saved {
  tablet: number;
  entityId: string;
  text: string;
}

export class Story {
  readonly server: SimulatedServer;
  readonly tablets: Tablet[] = [];
  /** what was told as saved, per entity the last */
  readonly saved = new Map<string, Saved>();
  readonly photos: { tablet: number; sha256: string }[] = [];
  #now = Date.parse('2026-11-23T01:00:00Z');
  #marks = 0;
  readonly #random: () => number;

  constructor(private readonly seed: number) {
    this.#random = seeded(seed);
    const [leader, member] = [this.#account(1), this.#account(2)];
    this.server = new SimulatedServer({ leader, members: [leader, member], staff: [] });
  }

  #account(number: number): string {
    return `a${this.seed.toString(16).padStart(7, '0')}-0000-7000-8000-${String(number).padStart(12, '0')}`;
  }

  async begin(): Promise<void> {
    for (const number of [0, 1]) {
      const id = this.#account(number + 1);
      const account = { id, login: id, name: id, roles: ['inspector'], agency: null };
      const device = { id: uuid('d', number + 1), name: 'tablet' };
      const skew = SKEWS[below(this.#random, SKEWS.length)] ?? 0;
      const around = { server: this.server, clock: () => this.#now, random: this.#random, skew };
      const tablet = new Tablet(account, device, number + 1, around);
      this.tablets.push(tablet);
      await tablet.start(0.35);
      await tablet.takeAlong();
    }
  }

  async step(): Promise<void> {
    const number = below(this.#random, this.tablets.length);
    const tablet = this.tablets[number] as Tablet;
    const dice = this.#random();
    if (dice < 0.38) return this.#edit(number, tablet);
    if (dice < 0.48) return this.#photo(number, tablet);
    if (dice < 0.78) return this.#send(tablet);
    if (dice < 0.83) return this.#restart(tablet);
    if (dice < 0.92) return this.#restore();
    if (dice < 0.94) return this.#loseUploads();
    this.#now += below(this.#random, 3) === 0 ? 7_200_000 : 20_000;
  }

  async #edit(number: number, tablet: Tablet): Promise<void> {
    const shared = chance(this.#random, 0.3);
    const entityId = shared
      ? uuid('f', below(this.#random, 2))
      : uuid(`e${number}`.slice(-1), 16 + below(this.#random, 4));
    const kind = this.#random();
    const flavour = kind < 0.08 ? 'refuse-me' : kind < 0.14 ? 'poison' : 'text';
    this.#marks += 1;
    const text = `${flavour} ${this.#marks}`;
    const saved = { tablet: number, entityId, text };
    await tablet.engine.edit(INSPECTION, 'finding', entityId, { kind: 'defect', text });
    this.saved.set(`${number}/${entityId}`, saved);
  }

  async #photo(number: number, tablet: Tablet): Promise<void> {
    const most = chance(this.#random, 0.2) ? 300_000 : 20_000;
    const bytes = new Uint8Array(1 + below(this.#random, most)).fill(this.#marks++ % 251);
    const { sha256: hash } = await tablet.engine.addPhoto(INSPECTION, uuid('f', 0), bytes, {}, 'evidence');
    this.photos.push({ tablet: number, sha256: hash });
  }

  /** A run; one in four is killed in the middle of a request. */
  async #send(tablet: Tablet): Promise<void> {
    const { line } = tablet;
    line.signedOut = chance(this.#random, 0.1);
    let left = chance(this.#random, 0.25) ? below(this.#random, 8) : -1;
    let killed: () => void = () => undefined;
    const kill = new Promise<void>((resolve) => {
      killed = resolve;
    });
    line.moment = () => {
      if (left-- === 0) {
        line.dead = true;
        killed();
      }
    };
    await Promise.race([tablet.engine.sendNow(), kill]);
    line.moment = () => undefined;
    line.signedOut = false;
    if (line.dead) await this.#restart(tablet);
    await this.#acknowledgedIsThere(tablet);
  }

  async #restart(tablet: Tablet): Promise<void> {
    tablet.kill();
    await tablet.start(0.35);
  }

  #backup: ReturnType<SimulatedServer['snapshot']> | null = null;

  async #restore(): Promise<void> {
    if (this.#backup === null) {
      this.#backup = this.server.snapshot();
      return;
    }
    this.server.restore(this.#backup);
    this.#backup = null;
  }

  /** Uploads to which nothing refers yet are cleared away on the server. */
  #loseUploads(): void {
    this.server.losePhotos();
  }

  /** What the tablet holds as acknowledged in this epoch, the server has. */
  async #acknowledgedIsThere(tablet: Tablet): Promise<void> {
    if ((await tablet.db.settings.get('epoch'))?.value !== this.server.epoch) return;
    const rows = await tablet.db.operations.where('state').equals('acknowledged').toArray();
    const known = new Set(this.server.log.map((entry) => entry.operation.id));
    for (const row of rows)
      if (!known.has(row.id)) throw new Error(`acknowledged ${row.id} is not on the server`);
  }

  /** The line is good, but a poisoned operation stays poisoned: nothing else may wait for it. */
  async heal(): Promise<void> {
    await this.#settle(8);
    await this.#onlyPoisonWaits();
    this.server.poison = null;
    await this.#settle(8);
  }

  /** Good line, time goes on, until nothing moves any more. */
  async #settle(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const before = this.#standing();
      this.#now += 8 * 3_600_000;
      for (const tablet of this.tablets) {
        tablet.line.trouble = 0;
        await tablet.engine.sendNow();
      }
      if (round > 1 && this.#standing() === before) return;
    }
  }

  #standing(): string {
    const waiting = this.tablets.map(({ engine }) => engine.status.get());
    return JSON.stringify([
      this.server.log.length,
      waiting.map((it) => [it.waiting, it.waitingPhotos, it.safe]),
    ]);
  }

  async #onlyPoisonWaits(): Promise<void> {
    for (const tablet of this.tablets) {
      const rows = await tablet.db.operations.where('state').anyOf('draft', 'offered', 'parked').toArray();
      const others = rows.filter((row) => !JSON.stringify(row.operation.set).includes('poison'));
      if (others.length > 0) throw new Error(`waits behind a poisoned one: ${JSON.stringify(others)}`);
    }
  }

  async check(): Promise<string[]> {
    const faults = [...this.server.alarms];
    for (const [number, tablet] of this.tablets.entries())
      faults.push(...(await this.#checkTablet(number, tablet)));
    faults.push(...this.#checkNumbers());
    return faults;
  }

  async #checkTablet(number: number, tablet: Tablet): Promise<string[]> {
    const faults: string[] = [];
    const { waiting, waitingPhotos } = tablet.engine.status.get();
    if (waiting + waitingPhotos > 0)
      faults.push(`tablet ${number}: ${waiting} and ${waitingPhotos} still wait`);
    const room = tablet.engine.inspection(INSPECTION);
    const stop = room.subscribe(() => undefined);
    await tablet.engine.undo('none').catch(() => undefined);
    while (room.get() === null) await new Promise((resolve) => setTimeout(resolve, 1));
    const state = room.get();
    stop();
    if (state === null) return ['no state'];
    faults.push(...(await this.#sameAsServer(number, state.fold)));
    faults.push(
      ...this.#refusedBeside(
        number,
        state.beside.map((item) => item.operation.id),
      ),
    );
    if (state.send !== 'safe')
      faults.push(`tablet ${number}: ${state.send}, ${JSON.stringify(state.receipt)}`);
    for (const photo of this.photos.filter((it) => it.tablet === number))
      if (!this.server.stored(tablet.account.id, photo.sha256)) faults.push(`photo ${photo.sha256} is lost`);
    return faults;
  }

  async #sameAsServer(number: number, own: ReturnType<SimulatedServer['fold']>): Promise<string[]> {
    const server = this.server.fold(INSPECTION);
    const faults = differences(server.entities, own.entities).map(
      (key) => `tablet ${number} differs in ${key}`,
    );
    for (const saved of this.saved.values()) {
      if (saved.tablet !== number || saved.text.startsWith('refuse-me')) continue;
      if (!this.#stands(saved)) faults.push(`saved but lost: ${JSON.stringify(saved)}`);
    }
    const shas = new Set(listOf(server, 'photo').map((photo) => shownValue(photo, 'sha256')));
    for (const photo of this.photos)
      if (!shas.has(photo.sha256)) faults.push(`no entry for photo ${photo.sha256}`);
    return faults;
  }

  /** The value is in the log; whether shown, beside or replaced is the fold's affair. */
  #stands({ entityId, text }: Saved): boolean {
    return this.server.log.some(
      ({ operation }) => operation.entity_id === entityId && operation.set.text === text,
    );
  }

  #refusedBeside(number: number, beside: string[]): string[] {
    const device = this.tablets[number]?.device.id;
    const refused = [...this.server.refused.values()].filter((it) => it.operation.device === device);
    return refused
      .filter((it) => !beside.includes(it.operation.id))
      .map((it) => `${it.operation.id} is not beside`);
  }

  /** Per device 1, 2, 3 ... without gaps. */
  #checkNumbers(): string[] {
    const operations = [...this.server.log, ...this.server.refused.values()].map((entry) => entry.operation);
    return this.tablets.flatMap(({ device }) => {
      const numbers = operations.filter((it) => it.device === device.id).map((it) => it.seq);
      const gaps = numbers.sort((one, other) => one - other).some((seq, at) => seq !== at + 1);
      return gaps ? [`${device.id}: ${numbers.join()}`] : [];
    });
  }

  async end(): Promise<void> {
    for (const tablet of this.tablets) {
      await tablet.engine.stop();
      await tablet.db.delete();
    }
  }
}

function differences(one: Record<string, unknown>, other: Record<string, unknown>): string[] {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].filter((key) => canonicalJson(one[key] as Json) !== canonicalJson(other[key] as Json));
}
