/**
 * The device's disk in memory, for speed: the tables that src/data/schema.ts declares, with transactions that are atomic
 * and one at a time, and with kills. It offers what src/data and src/engine use of Dexie and nothing more; that Dexie
 * behaves the same is what the stories on fake-indexeddb are for (tests/sync, and the same traces on both stores).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { FieldDatabase } from '../../src/data/schema';
import { frozen } from './frozen';

type Key = string | number;
type Row = Record<string, unknown>;
type Rows = Map<Key, Row>;

interface TablePlan {
  name: string;
  key: string;
  indexes: Map<string, { path: string | string[]; multi: boolean }>;
}

interface Plan {
  tables: TablePlan[];
  strict: boolean;
}

let plan: Plan | null = null;

/** What the shipped schema says, read off it once. */
function shipped(): Plan {
  if (plan !== null) return plan;
  const db = new FieldDatabase('plan');
  const { chromeTransactionDurability } = (
    db as unknown as { _options: { chromeTransactionDurability?: string } }
  )._options;
  const tables = db.tables.map(({ name, schema }) => ({
    name,
    key: String(schema.primKey.keyPath),
    indexes: new Map(
      [...schema.indexes, schema.primKey].map((index) => [
        index.name,
        { path: index.keyPath as string | string[], multi: index.multi === true },
      ]),
    ),
  }));
  plan = { tables, strict: chromeTransactionDurability === 'strict' };
  return plan;
}

export type Strike = 'before' | 'after';
/** Each its own: one for all would hold on to every page that waits for it. */
const never = (): Promise<never> => new Promise(() => undefined);

/** What survives. One per person and browser profile; several tabs may have it open. */
export class Disk {
  tables = new Map<string, Rows>(shipped().tables.map(({ name }) => [name, new Map()]));
  /** each table's rows in the order of their keys, until the next commit to it */
  readonly #sorted = new Map<string, Row[]>();
  /** asked at each commit; 'before' or 'after' ends the tab at that moment */
  onCommit: () => Strike | null = () => null;
  onKill: (tab: MemoryDatabase) => void = () => undefined;
  /** what a power cut takes back: relaxed commits, oldest first */
  #relaxed: Map<string, Rows>[] = [];
  #busy: MemoryDatabase | null = null;
  #queue: (() => void)[] = [];

  /** Waits for its turn; answers the function that ends it. */
  async turn(tab: MemoryDatabase): Promise<() => void> {
    while (this.#busy !== null) await new Promise<void>((resolve) => this.#queue.push(resolve));
    if (tab.dead) return never();
    this.#busy = tab;
    return () => this.#release(tab);
  }

  #release(tab: MemoryDatabase): void {
    if (this.#busy !== tab) return;
    this.#busy = null;
    for (const next of this.#queue.splice(0)) next();
  }

  commit(changes: Map<string, Map<Key, Row | null>>): void {
    if (!shipped().strict)
      this.#relaxed.push(new Map([...changes.keys()].map((name) => [name, this.#copy(name)])));
    for (const [name, rows] of changes) {
      for (const [key, row] of rows) this.#set(name, key, row);
      this.#sorted.delete(name);
    }
  }

  /** Rows are never changed, so that they are shared. */
  copy(): Disk['tables'] {
    return new Map([...this.tables].map(([name, rows]) => [name, new Map(rows)]));
  }

  put(tables: Disk['tables']): void {
    this.tables = new Map([...tables].map(([name, rows]) => [name, new Map(rows)]));
    this.#sorted.clear();
  }

  /** Nobody changes this list. */
  sorted(table: TablePlan): Row[] {
    const known = this.#sorted.get(table.name) ?? inOrder(this.rows<Row>(table.name), table.key);
    this.#sorted.set(table.name, known);
    return known;
  }

  #copy(name: string): Rows {
    return new Map(this.tables.get(name));
  }

  #set(name: string, key: Key, row: Row | null): void {
    if (row === null) this.tables.get(name)?.delete(key);
    else this.tables.get(name)?.set(key, row);
  }

  /** Memory is gone, an open transaction with it, and what was never synced to the disk. */
  kill(tab: MemoryDatabase): void {
    tab.dead = true;
    for (const before of this.#relaxed.splice(-2).reverse())
      for (const [name, rows] of before) this.tables.set(name, rows);
    this.#relaxed = [];
    this.#sorted.clear();
    this.#release(tab);
    this.onKill(tab);
  }

  rows<T>(name: string): T[] {
    return [...(this.tables.get(name)?.values() ?? [])] as T[];
  }
}

class Transaction {
  readonly changes = new Map<string, Map<Key, Row | null>>();

  constructor(
    readonly tab: MemoryDatabase,
    private readonly disk: Disk,
  ) {}

  get(table: string, key: Key): Row | undefined {
    const changed = this.changes.get(table)?.get(key);
    return changed === undefined ? this.disk.tables.get(table)?.get(key) : (changed ?? undefined);
  }

  set(table: string, key: Key, row: Row | null): void {
    const changed = this.changes.get(table) ?? new Map<Key, Row | null>();
    this.changes.set(table, changed.set(key, row));
  }

  /** In the order of the keys. Nobody changes this list. */
  all(table: TablePlan): Row[] {
    const changed = this.changes.get(table.name);
    if (changed === undefined) return this.disk.sorted(table);
    const merged = new Map<Key, Row | null>([...(this.disk.tables.get(table.name) as Rows), ...changed]);
    return inOrder(
      [...merged.values()].filter((row) => row !== null),
      table.key,
    );
  }
}

const running = new AsyncLocalStorage<Transaction>();

export class MemoryDatabase {
  /** the stories stay without a key */
  readonly ring = { key: null };
  dead = false;
  readonly tables: MemoryTable[];

  constructor(readonly disk: Disk) {
    this.tables = shipped().tables.map((table) => new MemoryTable(this, table));
    for (const table of this.tables) Object.assign(this, { [table.name]: table });
  }

  async transaction<T>(_mode: string, _tables: unknown, work: () => PromiseLike<T>): Promise<T> {
    if (running.getStore()?.tab === this) return work();
    if (this.dead) return never();
    const end = await this.disk.turn(this);
    const transaction = new Transaction(this, this.disk);
    try {
      const result = await running.run(transaction, async () => work());
      await this.#commit(transaction);
      return result;
    } finally {
      end();
    }
  }

  async #commit({ changes }: Transaction): Promise<void> {
    if (this.dead) return never();
    if (changes.size === 0) return;
    const strike = this.disk.onCommit();
    if (strike !== 'before') this.disk.commit(changes);
    if (strike === null) return;
    this.disk.kill(this);
    return never();
  }

  /** Inside a transaction at once, else as one of its own. */
  inside<T>(work: (transaction: Transaction) => T): Promise<T> {
    if (this.dead) return never();
    const open = running.getStore();
    if (open?.tab === this) return Promise.resolve(work(open));
    return this.transaction('rw', [], async () => work(running.getStore() as Transaction));
  }

  close(): void {
    // Nothing to let go of: the disk stays.
  }

  async open(): Promise<this> {
    return this;
  }
}

class MemoryTable {
  constructor(
    private readonly db: MemoryDatabase,
    readonly plan: TablePlan,
  ) {}

  get name(): string {
    return this.plan.name;
  }

  get = (key: Key) => this.db.inside((it) => it.get(this.name, key));
  bulkGet = (keys: Key[]) => this.db.inside((it) => keys.map((key) => it.get(this.name, key)));
  put = (row: Row) => this.db.inside((it) => this.keep(it, row));
  delete = (key: Key) => this.db.inside((it) => it.set(this.name, key, null));
  toArray = () => this.toCollection().toArray();
  count = () => this.toCollection().count();

  bulkPut = (rows: Row[]) =>
    this.db.inside((it) => {
      for (const row of rows) this.keep(it, row);
    });

  bulkDelete = (keys: Key[]) =>
    this.db.inside((it) => {
      for (const key of keys) it.set(this.name, key, null);
    });

  clear = () =>
    this.db.inside((it) => {
      for (const row of it.all(this.plan)) it.set(this.name, this.keyOf(row), null);
    });

  update = (key: Key, change: Row) =>
    this.db.inside((it) => {
      const row = it.get(this.name, key);
      if (row === undefined) return 0;
      this.keep(it, { ...row, ...change });
      return 1;
    });

  toCollection(): Collection {
    return new Collection(this.db, this, (rows) => [...rows]);
  }

  where(index: string) {
    const found = this.plan.indexes.get(index);
    if (found === undefined) throw new Error(`no index ${index} on ${this.name}`);
    const { path, multi } = found;
    const indexed = (row: Row): unknown =>
      typeof path === 'string' ? row[path] : path.map((part) => row[part]);
    const holds = (row: Row, fits: (value: unknown) => boolean): boolean =>
      multi ? (indexed(row) as unknown[]).some(fits) : fits(indexed(row));
    const those = (fits: (value: unknown) => boolean): Collection =>
      new Collection(this.db, this, (rows) => rows.filter((row) => holds(row, fits)));
    // They come by their keys; what may be of several values is put into the order of these.
    const ordered = (fits: (value: unknown) => boolean): Collection =>
      new Collection(this.db, this, (rows) => {
        const found = rows.filter((row) => holds(row, fits));
        return multi ? found : found.sort((one, other) => compare(indexed(one), indexed(other)));
      });
    return {
      equals: (wanted: unknown) =>
        those(
          typeof wanted === 'object' ? (value) => compare(value, wanted) === 0 : (value) => value === wanted,
        ),
      notEqual: (wanted: unknown) => ordered((value) => compare(value, wanted) !== 0),
      anyOf: (...wanted: unknown[]) => {
        const any = new Set(wanted.flat());
        return ordered((value) => any.has(value));
      },
      between: (low: unknown, high: unknown) =>
        ordered((value) => compare(value, low) >= 0 && compare(value, high) < 0),
    };
  }

  keyOf(row: Row): Key {
    return row[this.plan.key] as Key;
  }

  keep(transaction: Transaction, row: Row): void {
    transaction.set(this.name, this.keyOf(row), frozen({ ...row }));
  }
}

class Collection {
  constructor(
    private readonly db: MemoryDatabase,
    private readonly table: MemoryTable,
    private readonly choose: (rows: Row[]) => Row[],
  ) {}

  #rows = (it: Transaction): Row[] => this.choose(it.all(this.table.plan));

  toArray = () => this.db.inside(this.#rows);
  primaryKeys = () => this.db.inside((it) => this.#rows(it).map((row) => this.table.keyOf(row)));
  count = () => this.db.inside((it) => this.#rows(it).length);
  first = () => this.db.inside((it) => this.#rows(it)[0]);
  last = () => this.db.inside((it) => this.#rows(it).at(-1));

  filter(fits: (row: Row) => boolean): Collection {
    return new Collection(this.db, this.table, (rows) => this.choose(rows).filter(fits));
  }

  modify = (change: Row | ((row: Row) => void)) =>
    this.db.inside((it) => {
      for (const row of this.#rows(it)) {
        const copy = { ...row };
        if (typeof change === 'function') change(copy);
        else Object.assign(copy, change);
        this.table.keep(it, copy);
      }
    });
}

const inOrder = (rows: Row[], key: string): Row[] => rows.sort((one, other) => compare(one[key], other[key]));

/** IndexedDB's order: numbers before texts before lists. Dexie's keys for the ends are -Infinity and [[]]. */
function compare(one: unknown, other: unknown): number {
  const [a, b] = [rank(one), rank(other)];
  if (a !== b) return a - b;
  if (a < 3) return (one as Key) < (other as Key) ? -1 : (one as Key) > (other as Key) ? 1 : 0;
  return compareLists(one as unknown[], other as unknown[]);
}

function compareLists(one: unknown[], other: unknown[]): number {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    const found = compare(one[at], other[at]);
    if (found !== 0) return found;
  }
  return one.length - other.length;
}

const rank = (value: unknown): number => (typeof value === 'number' ? 1 : typeof value === 'string' ? 2 : 3);
