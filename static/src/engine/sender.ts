/** Runs the sync machine when there is a reason to, and says on the strip how it stands. */
import type { InspectionSummary, SpoiltItem, Status } from '../data/api';
import { Cell } from '../data/live';
import { fillReserve } from '../data/reserve';
import { DexieStore } from '../data/store';
import { SyncMachine } from '../sync/machine';
import type { ExclusiveLock } from '../sync/ports';
import type { Triggers } from '../sync/triggers';
import type { Context } from './context';
import type { Locks } from './locks';
import { assess, count, FRESH } from './status';

export class Sender {
  readonly status = new Cell<Status>(FRESH);
  readonly spoilt = new Cell<SpoiltItem[]>([]);
  readonly #machine: SyncMachine;
  #triggers: Triggers | null = null;
  #running: Promise<void> | null = null;
  /** a person waits, or the line came back: the next run heeds no back-off, whoever starts it */
  #eager = false;
  #writing = 0;
  stopped = false;
  readonly #waiting = new AbortController();

  constructor(
    private readonly context: Context,
    private readonly summaries: () => InspectionSummary[],
  ) {
    const { db, changes, account, world } = context;
    const { transport, clock, random, verify, locks } = world;
    const store = new DexieStore(db, changes, account.id);
    const exclusive = exclusively(locks, `inspect-app/${account.id}/send`, this.#waiting.signal);
    this.#machine = new SyncMachine({
      account: account.id,
      transport,
      clock,
      random,
      verify,
      store,
      exclusive,
    });
  }

  start(): void {
    this.#triggers = this.context.world.triggers((eager) => void this.send(eager).catch(() => this.show()));
  }

  /** Resolves when the run has ended and the strip says how it stands. A run that is under way is waited for first. */
  async send(eager: boolean): Promise<void> {
    this.#eager ||= eager;
    if (this.#running !== null) await this.#running.catch(() => undefined);
    if (this.stopped) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    await this.#running.finally(() => this.show());
  }

  /** As far as is known: the browser says so, or the last run reached nobody. */
  get offline(): boolean {
    const online = typeof navigator === 'undefined' || navigator.onLine !== false;
    return !online || this.#machine.report.problem === 'unreachable';
  }

  saved(): void {
    this.#triggers?.saved();
  }

  /** Between the first write and its end the strip does not say "saved". */
  async writing<T>(work: () => Promise<T>): Promise<T> {
    this.#writing += 1;
    this.status.set({ ...this.status.get(), saved: false });
    try {
      return await work();
    } finally {
      this.#writing -= 1;
      await this.show();
    }
  }

  async show(): Promise<void> {
    const counted = this.stopped ? null : await this.#counted();
    if (counted === null) return;
    const { report } = this.#machine;
    const online = typeof navigator === 'undefined' || navigator.onLine !== false;
    const { photoRefused, world } = this.context;
    const { reserveSlots } = world;
    const known = assess(counted, {
      report,
      online,
      reserveSlots,
      photoRefused,
      summaries: this.summaries(),
    });
    this.spoilt.set(counted.spoilt);
    this.status.set({ ...known, saved: this.#writing === 0, sending: this.#running !== null });
  }

  /** null: the engine was stopped meanwhile. */
  async #counted(): Promise<Awaited<ReturnType<typeof count>> | null> {
    try {
      return await count(this.context.db);
    } catch (error) {
      if (!this.stopped) throw error;
      return null;
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.#waiting.abort();
    this.#triggers?.stop();
    await this.#running?.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const eager = this.#eager;
    this.#eager = false;
    this.status.set({ ...this.status.get(), sending: true });
    if (eager) this.context.photoRefused = false;
    await this.#machine.run(eager);
    if (this.stopped) return;
    // Room may have come back: the reserve is taken again.
    await fillReserve(this.context.db, this.context.world.reserveSlots);
  }
}

/**
 * Waits for the tab that is sending: what was saved or asked for here meanwhile goes right after. `busy`: stopped first.
 * One that is frozen is not waited for: batches and uploads may be sent twice, and every step here is a transaction.
 */
function exclusively(locks: Locks, name: string, until: AbortSignal): ExclusiveLock {
  return async (work) => {
    const release = await (locks.claim?.(name, until) ?? locks.wait(name, until));
    if (release === null) return 'busy';
    try {
      return await work();
    } finally {
      release();
    }
  };
}
