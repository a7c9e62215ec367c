/** A tablet in a story: the shipped engine on a disk that survives kills, in one tab or two. */
import type { Account, Device, Engine, Package } from '../../src/data/api';
import type { BytesRow, OperationRow, PhotoRow, Setting, SettingRow } from '../../src/data/rows';
import type { FieldDatabase } from '../../src/data/schema';
import type { Team } from '../../src/domain/operations';
import type { Locks } from '../../src/engine/locks';
import { openEngine } from '../../src/engine/open';
import type { World } from '../../src/engine/world';
import type { Transport } from '../../src/sync/ports';
import { type Page, pageOf, putInto } from './pages';
import { counted } from './random';
import './channel';
import { frozen } from './frozen';
import { Disk, MemoryDatabase, type Strike } from './memory';
import { sha256Hex } from './sha2';
import { verifyInNode } from './signatures';
import { smallJpeg } from './small';

export interface Person {
  account: Account;
  device: Device;
  number: number;
}

export interface Around {
  inspection: string;
  team: Team;
  /** this device's clock */
  clock: () => number;
  random: () => number;
  transport: (tab: Tab) => Transport;
  /** asked at each commit of the device */
  onCommit: () => Strike | null;
}

/** One open page. When it is killed its engine stands still for good. */
export interface Tab {
  engine: Engine;
  database: MemoryDatabase;
  /** resolves when the tab is killed */
  killed: Promise<void>;
  kill: () => void;
}

/** A tablet at rest. */
export interface DeviceStanding {
  disk: Disk['tables'];
  ids: number;
  page: Page;
}

export class SimulatedDevice {
  readonly disk = new Disk();
  readonly #locks = new TabLocks();
  readonly #newId: ReturnType<typeof counted>;
  tabs: Tab[] = [];
  #restarting: Promise<void> | null = null;

  constructor(
    readonly person: Person,
    private readonly around: Around,
  ) {
    frozen([person.account, person.device]); // as the disk will
    this.#newId = counted(person.number);
    this.disk.onCommit = () => this.around.onCommit();
    this.disk.onKill = (database) => this.#ended(database);
    const taken = packageFor(this.around.inspection, this.around.team);
    const row = frozen({ inspection: this.around.inspection, package: taken, downloadedAt: 0 });
    this.disk.tables.get('packages')?.set(this.around.inspection, row);
  }

  /** With one open page. */
  get standing(): DeviceStanding {
    return { disk: this.disk.copy(), ids: this.#newId.at.last, page: pageOf(this.tab.engine) };
  }

  async goOnFrom({ disk, ids, page }: DeviceStanding): Promise<void> {
    this.disk.put(disk);
    await this.open();
    await putInto(this.tab.engine, page);
    this.#newId.at.last = ids;
  }

  get tab(): Tab {
    return this.tabs[0] as Tab;
  }

  /** Opens a page; opening may itself be killed by what the disk meets. */
  async open(): Promise<void> {
    const database = new MemoryDatabase(this.disk);
    let ended: () => void = () => undefined;
    const killed = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const kill = (): void => this.disk.kill(database);
    const tab = { database, killed, kill, ended } as unknown as Tab & { ended: () => void };
    this.tabs.push(tab);
    const { account, device } = this.person;
    const opened = openEngine({ account, device }, this.#world(tab));
    await Promise.race([
      opened.then((engine) => {
        tab.engine = engine;
      }),
      killed,
    ]);
  }

  #world(tab: Tab): World {
    return {
      transport: this.around.transport(tab),
      clock: this.around.clock,
      random: this.around.random,
      newId: this.#newId,
      verify: verifyInNode,
      locks: this.#locks.of(tab),
      later: queueMicrotask,
      readPicture: fakePicture,
      promised: async () => true,
      reserveSlots: 0,
      triggers: () => ({ saved: () => undefined, stop: () => undefined }),
      openDatabase: async () => tab.database as unknown as FieldDatabase,
      sealedOnly: false,
    };
  }

  #ended(database: MemoryDatabase): void {
    const tab = this.tabs.find((it) => it.database === database) as (Tab & { ended: () => void }) | undefined;
    if (tab === undefined) return;
    this.tabs = this.tabs.filter((it) => it !== tab);
    this.#locks.release(tab);
    tab.ended();
  }

  /** Every page is gone; one is opened again, until that succeeds. */
  restart(): Promise<void> {
    for (const tab of [...this.tabs]) tab.kill();
    this.#restarting ??= this.#openAgain().finally(() => {
      this.#restarting = null;
    });
    return this.#restarting;
  }

  async #openAgain(): Promise<void> {
    while (this.tabs[0]?.engine === undefined) {
      this.tabs = [];
      await this.open();
    }
  }

  /** A page of a newer version rewrites every row before it works on; a kill in the middle leaves the old ones. */
  async upgrade(): Promise<void> {
    for (const tab of [...this.tabs]) tab.kill();
    const next = new MemoryDatabase(this.disk);
    const done = next.transaction('rw', [], async () => {
      for (const table of next.tables)
        await table.toCollection().modify((row) => {
          row.upgraded = true;
        });
    });
    await Promise.race([done, new Promise<void>((resolve) => setImmediate(resolve))]);
    await this.restart();
  }

  /** Runs what a person does. `killed` when the page ended in the middle; then the tablet was started again. */
  async does<T>(work: (engine: Engine) => Promise<T>, tab: Tab = this.tab): Promise<T | 'killed'> {
    const outcome = await Promise.race([work(tab.engine), tab.killed.then(() => 'killed' as const)]);
    if (this.tabs.length === 0) await this.restart();
    return outcome;
  }

  /** Nothing waits to be sent. */
  get isEmpty(): boolean {
    const { waiting, waitingPhotos } = this.tab.engine.status.get();
    return waiting + waitingPhotos === 0;
  }

  operations(): OperationRow[] {
    return this.disk.rows<OperationRow>('operations');
  }

  photos(): PhotoRow[] {
    return this.disk.rows<PhotoRow>('photos');
  }

  bytes(): BytesRow[] {
    return this.disk.rows<BytesRow>('photoBytes');
  }

  setting<K extends keyof Setting>(key: K): Setting[K] | undefined {
    const row = this.disk.tables.get('settings')?.get(key) as SettingRow | undefined;
    return row?.value as Setting[K] | undefined;
  }
}

/** Web Locks among the tabs of one profile; a killed tab's are free at once. */
class TabLocks {
  readonly #held = new Map<string, Tab>();
  readonly #waiting: { name: string; tab: Tab; grant: (release: (() => void) | null) => void }[] = [];

  of(tab: Tab): Locks {
    return {
      take: async (name) => (this.#held.has(name) ? null : this.#grant(name, tab)),
      wait: (name, until) => this.#wait(name, tab, until),
    };
  }

  #grant(name: string, tab: Tab): () => void {
    this.#held.set(name, tab);
    return () => this.#free(name, tab);
  }

  #free(name: string, tab: Tab): void {
    if (this.#held.get(name) !== tab) return;
    this.#held.delete(name);
    const at = this.#waiting.findIndex((it) => it.name === name);
    const [next] = at < 0 ? [] : this.#waiting.splice(at, 1);
    next?.grant(this.#grant(name, next.tab));
  }

  async #wait(name: string, tab: Tab, until: AbortSignal): Promise<(() => void) | null> {
    if (!this.#held.has(name)) return this.#grant(name, tab);
    return new Promise((grant) => {
      const waiter = { name, tab, grant };
      this.#waiting.push(waiter);
      until.addEventListener('abort', () => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        grant(null);
      });
    });
  }

  release(tab: Tab): void {
    for (let at = this.#waiting.length - 1; at >= 0; at--)
      if (this.#waiting[at]?.tab === tab) this.#waiting.splice(at, 1);
    for (const [name, holder] of [...this.#held]) if (holder === tab) this.#free(name, tab);
  }
}

export const fakePicture: World['readPicture'] = async (bytes) => {
  const picture = {
    sha256: sha256Hex(bytes),
    type: 'image/jpeg',
    width: 4000,
    height: 3000,
    takenAt: null,
    position: null,
    thumbnail: smallJpeg(bytes),
  };
  return { ok: true, picture };
};

export function packageFor(inspection: string, { leader, members }: Team): Package {
  const line = (account: string, role: string) => ({ account, name: account, role, external: false });
  const others = members.filter((who) => who !== leader).map((who) => line(who, 'member'));
  const team = [{ ...line(leader, 'leader'), scores: true }, ...others];
  const visit = { date: '2026-11-23', date_end: null, team };
  const rest = { tender: {}, contract: {}, edition: 'demo-mixed', history: [] };
  return { inspection, version: 1, phase: 'released', role: 'member', visit, ...rest };
}
