/** One room per open inspection: its live state and, in one tab at a time, the right to write. */
import type { InspectionState, Live } from '../data/api';
import { EngineError } from '../data/errors';
import { Cell } from '../data/live';
import type { FieldDatabase } from '../data/schema';
import type { Patch } from '../domain/operations';
import type { EntityKind } from '../domain/operations/operation';
import type { Locks } from './locks';
import { readInspection } from './read';
import { Rerun } from './rerun';
import { Underway } from './underway';

export interface Undo {
  entity: EntityKind;
  entityId: string;
  set: Patch;
}

export class Room {
  readonly cell: Cell<InspectionState | null>;
  readonly undo: Undo[] = [];
  #release: (() => void) | null = null;
  #waiting: AbortController | null = null;
  #taking: Promise<void> | null = null;
  readonly #writes: Underway;
  readonly #reading = new Rerun(() => this.#read());

  constructor(
    private readonly db: FieldDatabase,
    private readonly locks: Locks,
    later: (work: () => void) => void,
    private readonly lockName: string,
    private readonly id: string,
  ) {
    this.#writes = new Underway(later);
    this.cell = new Cell<InspectionState | null>(null, {
      first: () => void this.#open(),
      last: () => this.#leaveWhenDone(),
    });
  }

  get live(): Live<InspectionState | null> {
    return this.cell;
  }

  /** Takes the writer's lock if it is free; else `read_only`, nothing changed. */
  async mustWrite(): Promise<void> {
    await this.#takeLock();
    if (this.#release === null) throw new EngineError('read_only');
  }

  /** A write, from its first moment to the last: the lock that it has or takes is not given away meanwhile. */
  async held<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await this.#writes.during(write);
    } finally {
      this.#leaveWhenDone();
    }
  }

  /** Reads the rows again and shows them. */
  refresh(): Promise<void> {
    return this.#reading.ask();
  }

  /**
   * Without a screen the lock goes to the tab that waits, but not before the last save: a form that is closed begins it in
   * this moment, or when the save before it has ended.
   */
  #leaveWhenDone(): void {
    void this.#writes.ended().then(() => {
      if (this.cell.subscribers === 0 && this.#writes.isIdle) this.leave();
    });
  }

  leave(): void {
    this.#waiting?.abort();
    this.#waiting = null;
    this.#release?.();
    this.#release = null;
  }

  async #open(): Promise<void> {
    await this.#takeLock();
    // The screen went before the lock came: another tab may have it.
    if (this.cell.subscribers === 0) this.#leaveWhenDone();
    else await this.refresh();
  }

  async #takeLock(): Promise<void> {
    if (this.#release !== null) return;
    this.#taking ??= this.#tryLock().finally(() => {
      this.#taking = null;
    });
    await this.#taking;
  }

  async #tryLock(): Promise<void> {
    this.#release = await this.locks.take(this.lockName);
    if (this.#release === null && this.#waiting === null && this.cell.subscribers > 0) void this.#inherit();
  }

  /** The other tab closes: this one becomes the writer. */
  async #inherit(): Promise<void> {
    const waiting = new AbortController();
    this.#waiting = waiting;
    const release = await this.locks.wait(this.lockName, waiting.signal);
    if (this.#waiting === waiting) this.#waiting = null;
    if (release === null) return;
    if (waiting.signal.aborted || this.#release !== null) return release();
    this.#release = release;
    await this.refresh();
  }

  async #read(): Promise<void> {
    const { state } = await readInspection(this.db, this.id);
    const mode = this.#release === null ? 'reader' : 'writer';
    this.cell.set({ ...state, mode, canUndo: this.undo.length > 0 });
  }
}
