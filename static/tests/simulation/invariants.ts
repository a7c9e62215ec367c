/** What must hold at every step, and what must be true in the end (docs/proof.md numbers them). */
import { foldRows, isRefused } from '../../src/data/log';
import type { OperationRow } from '../../src/data/rows';
import { scoreSheetId } from '../../src/domain/ids';
import { canonicalJson, type Json } from '../../src/domain/json';
import { bases, type Folded, fold, type Operation, type Team } from '../../src/domain/operations';
import { type Backend, type LogLine, type ServerState, teamOf } from './backend';
import type { SimulatedDevice } from './device';
import { sha256Hex } from './sha2';

const WAITING = new Set(['draft', 'offered', 'parked']);

export class Broken extends Error {}

/** What the tablet shows. */
export const foldOf = (device: SimulatedDevice, team: Team): Folded => foldRows(device.operations(), team);

export class Watch {
  /** what a person was told is saved: `<person> <entity> <field>` -> the last value, or those that a kill left open */
  readonly #saved = new Map<string, string[]>();
  readonly #photos: { device: SimulatedDevice; sha256: string }[] = [];
  /** operations that had to stand aside: others may pass them */
  readonly #heldUp = new Set<string>();
  /** the epoch in which an older state was put back without a word; until it ends, acknowledgements may be void */
  #deceived: string | null = null;
  #audit = 0;
  #state: ServerState | null = null;
  /** whether all had handed in at some time: what tablets were given then, an older state put back cannot take from them */
  #sheetsWereOpen = false;

  constructor(
    private readonly devices: SimulatedDevice[],
    private readonly backend: Backend,
  ) {}

  /** Another one that knows as much, of other tablets. */
  fork(devices: SimulatedDevice[], backend: Backend): Watch {
    const other = new Watch(devices, backend);
    for (const [key, values] of this.#saved) other.#saved.set(key, values);
    for (const { device, sha256 } of this.#photos)
      other.#photos.push({ device: devices[this.devices.indexOf(device)] as SimulatedDevice, sha256 });
    for (const id of this.#heldUp) other.#heldUp.add(id);
    other.#deceived = this.#deceived;
    other.#audit = this.#audit;
    other.#sheetsWereOpen = this.#sheetsWereOpen;
    return other;
  }

  /** `killed`: the page ended before it could say so; then the value may stand or not. */
  saved(person: number, entity: string, field: string, value: string, killed: boolean): void {
    const key = `${person} ${entity} ${field}`;
    const before = this.#saved.get(key);
    if (!killed) this.#saved.set(key, [value]);
    else if (before !== undefined) this.#saved.set(key, [...before, value]);
  }

  photographed(device: SimulatedDevice, sha256: string): void {
    this.#photos.push({ device, sha256 });
  }

  async restored(silently: boolean): Promise<void> {
    const { epoch, audit } = await this.backend.state();
    this.#audit = audit ?? 0;
    // What comes again does so behind what the tablet sends before it hears of it.
    for (const device of this.devices) for (const row of device.operations()) this.#heldUp.add(row.id);
    this.#deceived = silently ? epoch : null;
  }

  standing(): string {
    const rows = this.devices.map((device) => [
      device.operations().map((row) => row.state),
      device.photos().map((photo) => photo.state),
      device.tab.engine.inspections.get().map((it) => it.send),
    ]);
    return JSON.stringify([this.#state?.log.length, rows]);
  }

  async look(where: string): Promise<void> {
    const state = await this.backend.state();
    this.#state = state;
    this.#sheetsWereOpen ||= state.sheetsOpen;
    if (state.epoch !== this.#deceived) this.#deceived = null;
    for (const device of this.devices) for (const row of device.operations()) this.#note(row);
    const found = [
      ...state.alarms,
      ...this.#savedIsSomewhere(state),
      ...this.#photosAreSomewhere(state),
      ...this.#acknowledgedIsThere(state),
      ...this.#onceAndInOrder(state),
      ...this.#evidence(state),
    ];
    if (found.length > 0) throw new Broken(`${where}: ${found.join('; ')}`);
  }

  #note(row: OperationRow): void {
    if (row.state === 'parked' || row.tries > 0 || row.photos.length > 0) this.#heldUp.add(row.id);
  }

  /** 1. What a person saw as saved is on the device or on the server. */
  #savedIsSomewhere(state: ServerState): string[] {
    const missing: string[] = [];
    for (const [key, values] of this.#saved) {
      const [person, entity, field] = key.split(' ') as [string, string, string];
      const holds = ({ entity_id, set }: Operation) =>
        entity_id === entity && values.includes(set[field] as string);
      const rows = (this.devices[Number(person)] as SimulatedDevice).operations();
      const held = rows.some((row) => holds(row.operation)) || state.log.some((it) => holds(it.operation));
      if (!held) missing.push(`saved but gone: ${key} = ${values.join(' or ')}`);
    }
    return missing;
  }

  /** 1 and 5, for photos: the bytes are on the device or on the server, and are those that were taken. */
  #photosAreSomewhere(state: ServerState): string[] {
    return this.#photos
      .filter(({ device, sha256 }) => state.photos[sha256] !== true && !holdsBytes(device, sha256))
      .map(({ sha256 }) => `the photo ${sha256} is gone`);
  }

  /** 2. What the server acknowledged, it has. */
  #acknowledgedIsThere(state: ServerState): string[] {
    if (this.#deceived !== null) return [];
    const known = new Set(state.log.map((line) => line.operation.id));
    return this.devices
      .filter((device) => device.setting('epoch') === state.epoch)
      .flatMap((device) => device.operations())
      .filter((row) => row.state === 'acknowledged' && row.text !== null)
      .flatMap((row) => [
        ...(known.has(row.id) ? [] : [`acknowledged but not on the server: ${row.id}`]),
        ...row.photos
          .filter((hash) => state.photos[hash] !== true)
          .map((hash) => `acknowledged without its photo: ${hash}`),
      ]);
  }

  /** 3 and 11. Nothing twice, each device's work in its order, times that never go back. */
  #onceAndInOrder({ log, aside }: ServerState): string[] {
    const found: string[] = [];
    const ids = log.map((line) => line.operation.id);
    if (new Set(ids).size !== ids.length) found.push('an operation stands twice in the log');
    if (log.some((line, at) => line.n !== at + 1)) found.push(`places ${log.map((line) => line.n).join()}`);
    const numbers = [
      ...log.map(({ operation: { id, device, seq } }) => ({ id, device, seq })),
      ...aside.filter((it) => !ids.includes(it.id)),
    ];
    const seqs = new Map<string, string>();
    for (const { id, device, seq } of numbers) {
      const other = seqs.get(`${device} ${seq}`) ?? id;
      if (other !== id) found.push(`number ${seq} of ${device} twice`);
      seqs.set(`${device} ${seq}`, id);
    }
    for (const device of this.devices) {
      const own = log.map((line) => line.operation).filter((it) => it.device === device.person.device.id);
      const free = own.filter((it) => !this.#heldUp.has(it.id)).map((it) => it.seq);
      if (free.some((seq, at) => at > 0 && seq < (free[at - 1] as number)))
        found.push(`out of order: ${device.person.device.id} ${free.join()}`);
    }
    if (log.some((line, at) => at > 0 && line.received < (log[at - 1]?.received ?? 0)))
      found.push('a time of receipt went back');
    return found;
  }

  /** 5 and 6. Stored bytes have their hash; the audit log only grows. */
  #evidence(state: ServerState): string[] {
    const spoilt = Object.entries(state.photos).filter(([, sound]) => !sound);
    const found = spoilt.map(([hash]) => `stored with other bytes: ${hash}`);
    if (state.audit !== null && state.audit < this.#audit) found.push('the audit log shrank');
    this.#audit = state.audit ?? 0;
    return found;
  }

  /** 10, while one operation is still poisoned: nothing else waits. */
  onlyPoisonWaits(): void {
    const others = this.devices
      .flatMap((device) => device.operations())
      .filter((row) => WAITING.has(row.state) && !JSON.stringify(row.operation.set).includes('poison'));
    if (others.length > 0)
      throw new Broken(
        `waits behind a poisoned one: ${others.map((row) => `${row.id} ${row.state}`).join()}`,
      );
  }

  /** After healing. */
  async end(): Promise<void> {
    const state = this.#state as ServerState;
    const team = teamOf(this.backend.setting);
    const server = fold(
      state.log.map(({ operation, stamp }) => ({ operation, stamp })),
      team,
    );
    const found = [
      ...this.devices.flatMap((device) => this.#agrees(device, server, team)),
      ...this.#savedArrived(state),
      ...this.#photosArrived(state),
      ...this.#refusedIsBeside(state),
      ...this.#noGaps(state),
      ...headsAreShown(server, state),
      ...(await this.backend.evidence()).map((fault) => `audit verify: ${fault}`),
    ];
    if (found.length > 0) throw new Broken(`in the end: ${found.join('; ')}`);
  }

  /** 9, 10. The tablet shows what the server shows, nothing waits, and the receipt says that all is safe. */
  #agrees(device: SimulatedDevice, server: Folded, team: Team): string[] {
    const own = foldOf(device, team);
    const name = `tablet ${device.person.number - 1}`;
    const { inspection } = this.backend.setting;
    const shut = this.#state?.sheetsOpen ? [] : sheetsOfOthers(device.person.account.id, inspection, team);
    const known = this.#sheetsWereOpen ? without(own.entities, shut) : own.entities;
    const found = differences(without(server.entities, shut), known).map(
      (key) => `${name} differs in ${key}`,
    );
    const { waiting, waitingPhotos } = device.tab.engine.status.get();
    if (waiting + waitingPhotos > 0) found.push(`${name}: ${waiting} and ${waitingPhotos} still wait`);
    const [summary] = device.tab.engine.inspections.get();
    if (summary?.send !== 'safe') found.push(`${name}: ${summary?.send}`);
    return found;
  }

  #savedArrived(state: ServerState): string[] {
    return [...this.#saved].flatMap(([key, values]) => {
      const [, entity, field] = key.split(' ') as [string, string, string];
      const holds = ({ operation: it }: LogLine) =>
        it.entity_id === entity && values.includes(it.set[field] as string);
      const arrived = state.log.some(holds) || values.some((value) => this.#isBeside(entity, value));
      return arrived ? [] : [`saved but never arrived: ${key} = ${values.join(' or ')}`];
    });
  }

  /** An operation that was refused for another field takes its neighbours along; it stays on the device, shown beside. */
  #isBeside(entity: string, value: string): boolean {
    return this.devices
      .flatMap((device) => device.operations())
      .some(
        (row) =>
          row.state === 'refused' &&
          row.operation.entity_id === entity &&
          Object.values(row.operation.set).includes(value),
      );
  }

  /** What the server set aside, its tablet shows beside the state. */
  #refusedIsBeside({ log, aside }: ServerState): string[] {
    const arrived = new Set(log.map((line) => line.operation.id));
    const beside = new Set(
      this.devices
        .flatMap((device) => device.operations())
        .filter(isRefused)
        .map((row) => row.id),
    );
    return aside
      .filter(({ id }) => !arrived.has(id) && !beside.has(id))
      .map(({ id, code }) => `${id} was refused (${code}) and is not beside`);
  }

  #photosArrived(state: ServerState): string[] {
    return this.#photos
      .filter(({ sha256 }) => state.photos[sha256] !== true)
      .map(({ sha256 }) => `the photo ${sha256} never arrived`);
  }

  #noGaps({ log, aside }: ServerState): string[] {
    return this.devices.flatMap(({ person: { device } }) => {
      const all = [
        ...log.filter((it) => it.operation.device === device.id).map((it) => it.operation.seq),
        ...aside.filter((it) => it.device === device.id).map((it) => it.seq),
      ];
      const numbers = [...new Set(all)].sort((one, other) => one - other);
      return numbers.every((seq, at) => seq === at + 1) ? [] : [`numbers of ${device.id}: ${numbers.join()}`];
    });
  }
}

/** Nobody else sees these until all are handed in. */
const sheetsOfOthers = (account: string, inspection: string, team: Team): string[] =>
  team.members
    .filter((member) => member !== account)
    .map((member) => `score_sheet:${scoreSheetId(inspection, member)}`);

function holdsBytes(device: SimulatedDevice, sha256: string): boolean {
  const row = device.bytes().find((it) => it.sha256 === sha256);
  return row !== undefined && sha256Hex(row.bytes) === sha256;
}

/** 4. Both values of a conflict are shown: every applied operation that no other replaced, told without the fold. */
function headsAreShown(server: Folded, { log }: ServerState): string[] {
  const late = new Set(server.late);
  const applied = log.map((line) => line.operation).filter((it) => !late.has(it.id));
  const texts = applied.filter((it) => it.entity === 'finding' && it.set.text !== undefined);
  const byId = new Map(log.map((line) => [line.operation.id, line.operation]));
  const replaced = new Set<string>();
  const reach = (operation: Operation): void => {
    for (const id of bases(operation, 'text')) {
      if (replaced.has(id)) continue;
      replaced.add(id);
      const next = byId.get(id);
      if (next !== undefined) reach(next);
    }
  };
  for (const operation of texts) reach(operation);
  return texts
    .filter((it) => !replaced.has(it.id))
    .filter((it) => {
      const field = server.entities[`finding:${it.entity_id}`]?.fields.text;
      const shown = [field?.value, ...(field?.others ?? []).map((other) => other.value)];
      return !shown.includes(it.set.text as string);
    })
    .map((it) => `a value in conflict is not shown: ${String(it.set.text)}`);
}

function without<T>(entities: Record<string, T>, shut: string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(entities).filter(([key]) => !shut.includes(key)));
}

function differences(one: Record<string, unknown>, other: Record<string, unknown>): string[] {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].filter((key) => canonicalJson(one[key] as Json) !== canonicalJson(other[key] as Json));
}
