/**
 * The server's twin in one language, for speed: docs/sync-protocol.md in memory. It is held to the traces of the real
 * one (tests/simulation), answer by answer.
 */
import { canonicalJson, type Json } from '../../../src/domain/json';
import { digest, type Operation, photosOf, type Team } from '../../../src/domain/operations';
import type { HttpReply, HttpRequest } from '../../../src/sync/ports';
import type { Receipt } from '../../../src/sync/wire';
import { RECEIPT_KEY, signed } from '../signatures';
import { Durably, json, type Kill, problem } from './answers';
import { type Entry, NOWHERE, type Place, ServerLog } from './log';
import { ServerPreviews } from './previews';
import { ServerUploads } from './uploads';

export { RECEIPT_KEY } from '../signatures';
export { json, problem, reply } from './answers';

/** What befalls a request on its way in. */
export interface Manner {
  /** so many bytes of the body arrived */
  cut?: number | null;
  kill?: Kill | null;
}

interface SyncBody {
  operations: Operation[];
  cursor: string | null;
  device: string;
}

export class SimulatedServer {
  epoch = 'epoch-1';
  archived = false;
  /** an operation whose text holds this word ends the request with 500 */
  poison: string | null = 'poison';
  /** a receipt leaves the photos out and does not say so */
  forgetful = false;
  /** what must never happen, in words */
  readonly alarms: string[] = [];
  readonly operations: ServerLog;
  readonly photos = new ServerUploads();
  readonly previews = new ServerPreviews();
  /** device -> seconds by which its clock was ahead when that last changed */
  clocks = new Map<string, number>();
  /** operation -> when it first came, as an old receipt said */
  first = new Map<string, string>();
  #epochs = 1;

  constructor(
    readonly team: Team,
    private readonly page = 7,
    /** account -> the device that its session was opened with; without, any is taken */
    private readonly devices: Record<string, string> = {},
  ) {
    this.operations = new ServerLog(team, (words) => this.alarms.push(words));
  }

  get log(): Entry[] {
    return this.operations.entries;
  }

  get refused() {
    return this.operations.aside;
  }

  /** Throws `Killed` where `manner` says so. */
  handle(request: HttpRequest, account: string, now: number, manner: Manner = {}): HttpReply {
    const durably = new Durably(manner.kill ?? null);
    const [path = '', query = ''] = request.path.split('?');
    if (path === '/api/v1/session') return json(200, this.#session(request, account, now, durably));
    if (path === '/api/v1/sync') return this.#sync(request, account, now, manner, durably);
    if (path.startsWith('/api/v1/uploads'))
      return this.photos.handle(request, account, now, durably, manner.cut ?? null);
    const preview = /^\/api\/v1\/previews\/([0-9a-f]{64})$/.exec(path)?.[1];
    if (preview !== undefined)
      return this.previews.handle(
        request,
        account,
        this.stored(account, preview),
        durably,
        manner.cut ?? null,
        (inspection) => this.#opens(inspection, durably),
      );
    const receipt = /^\/api\/v1\/inspections\/([^/]+)\/receipt$/.exec(path);
    if (receipt && request.method === 'POST')
      return this.#earlier(request, receipt[1] ?? '', now, manner.cut ?? null, durably);
    if (receipt) return this.#receipt(receipt[1] ?? '', query.replace('device=', ''), now);
    return problem(404, 'not_found');
  }

  /** The first that comes of a visit may be a small picture: it makes the inspection, as text does. */
  #opens(inspection: string, durably: Durably): void {
    if (this.operations.opened !== '') return;
    durably.run(() => {
      this.operations.opened = inspection;
    });
  }

  /** An older state is put back: by the command, which begins an epoch, or behind the server's back. */
  restore(to: ReturnType<SimulatedServer['snapshot']>, behindOurBack = false): void {
    const { log, photos } = to;
    Object.assign(this.operations, { ...log, entries: [...log.entries], aside: new Map(log.aside) });
    Object.assign(this.photos, { ...photos, uploads: copied(photos.uploads) });
    this.photos.originals = new Map(photos.originals);
    this.photos.possessed = new Set(photos.possessed);
    this.clocks = new Map(to.clocks);
    this.first = new Map(to.first);
    if (behindOurBack) this.epoch = to.epoch;
    else this.#newEpoch();
  }

  snapshot() {
    return {
      log: this.operations.copy(),
      photos: this.photos.copy(),
      epoch: this.epoch,
      clocks: new Map(this.clocks),
      first: new Map(this.first),
    };
  }

  /** Another one in the same state, that goes its own way. */
  fork(): SimulatedServer {
    const other = new SimulatedServer(this.team, this.page, this.devices);
    other.restore(this.snapshot(), true);
    const { archived, poison, forgetful } = this;
    Object.assign(other, { archived, poison, forgetful });
    other.alarms.push(...this.alarms);
    for (const [key, finding] of this.previews.kept) other.previews.kept.set(key, finding);
    other.#epochs = this.#epochs;
    return other;
  }

  stored(account: string, sha256: string): boolean {
    return this.photos.possessed.has(`${account}/${sha256}`) && this.photos.originals.has(sha256);
  }

  /** Photos that nothing refers to are gone, as after a long time without their operations; all of them with `all`. */
  losePhotos(all = false): void {
    const used = new Set(all ? [] : this.log.flatMap(({ operation }) => photosOf(operation)));
    for (const sha256 of [...this.photos.originals.keys()].filter((key) => !used.has(key)))
      this.photos.originals.delete(sha256);
    const gone = (key: string) => !this.photos.originals.has(key.slice(key.indexOf('/') + 1));
    for (const key of [...this.photos.possessed].filter(gone)) this.photos.possessed.delete(key);
    for (const key of [...this.photos.uploads.keys()].filter(gone)) this.photos.uploads.delete(key);
  }

  fold(inspection: string) {
    void inspection;
    return this.operations.fold();
  }

  #newEpoch(): void {
    this.#epochs += 1;
    this.epoch = `epoch-${this.#epochs}`;
  }

  #session(request: HttpRequest, account: string, now: number, durably: Durably) {
    this.#noteClock(this.devices[account], request.headers?.['x-device-clock'], now, durably);
    const roles = account === this.team.leader ? ['inspector', 'leader'] : ['inspector'];
    const person = { id: account, login: account, name: account, roles, agency: null };
    const server_time = new Date(now).toISOString();
    const named = this.devices[account];
    const device = named === undefined ? null : { id: named, name: 'tablet' };
    return { account: person, device, epoch: this.epoch, server_time, receipt_key: RECEIPT_KEY };
  }

  /** Written when the difference changed by a minute or more; up to five minutes are none. */
  #noteClock(device: string | undefined, told: string | undefined, now: number, durably: Durably): void {
    if (device === undefined || told === undefined) return;
    const seconds = Math.floor(Number(told) / 1000) - Math.floor(now / 1000);
    const off = Math.abs(seconds) > 300 ? seconds : 0;
    if (Math.abs(off - (this.clocks.get(device) ?? 0)) >= 60)
      durably.run(() => void this.clocks.set(device, off));
  }

  #sync(request: HttpRequest, account: string, now: number, manner: Manner, durably: Durably): HttpReply {
    const asked = bodyOf(request, manner.cut ?? null);
    if (asked === null) return problem(400, 'bad_request');
    const { place, epoch } = this.#readFrom(account, asked.cursor, durably);
    const word = this.poison;
    // One transaction: a poisoned one takes the whole batch with it, once it is about to be written.
    if (word !== null && this.#wouldEnter(asked.operations, account, word)) return problem(500, 'internal');
    const sender = { account, device: this.devices[account] ?? null };
    const has = (sha256: string) => this.stored(account, sha256);
    const append = () => this.operations.append(asked.operations, sender, has, now);
    const results = asked.operations.length > 0 ? durably.run(append) : [];
    const read = this.operations.read(account, place, this.page);
    const operations = read.entries.map(pulled);
    const cursor = JSON.stringify([account, epoch, read.place]);
    const { sheetsOpen, opened } = this.operations;
    const sheets = sheetsOpen || opened === '' ? [] : this.operations.handedIn();
    return json(200, { results, operations, cursor, more: read.more, epoch, sheets });
  }

  #wouldEnter(operations: Operation[], account: string, word: string): boolean {
    const known = new Set(this.log.map((entry) => entry.operation.id));
    return operations.some(
      (it) => it.author === account && !known.has(it.id) && JSON.stringify(it.set).includes(word),
    );
  }

  /** One cursor of an earlier epoch begins anew; one from beyond our own past makes an epoch. */
  #readFrom(account: string, cursor: string | null, durably: Durably): { place: Place; epoch: string } {
    const [whose, epoch, place] = cursor === null ? ['', '', NOWHERE] : JSON.parse(cursor);
    if (whose !== account || epoch !== this.epoch) return { place: NOWHERE, epoch: this.epoch };
    if (!this.operations.isBeyond(place)) return { place, epoch };
    durably.run(() => this.#newEpoch());
    return { place: NOWHERE, epoch: this.epoch };
  }

  /** One of our own receipts, from before a restore: what it covers first came when it says so. */
  #earlier(
    request: HttpRequest,
    inspection: string,
    now: number,
    cut: number | null,
    durably: Durably,
  ): HttpReply {
    const text = String(request.body).slice(0, cut ?? undefined);
    const shown = (parsed(text) as { receipt: Receipt } | null)?.receipt;
    if (shown === undefined) return problem(400, 'bad_request');
    const { signature, ...content } = shown;
    if (signed(canonicalJson(content as unknown as Json)) !== signature) return problem(422, 'bad_value');
    if (this.operations.opened === '') return problem(404, 'not_found');
    const { count, through, digest: told, received = [] } = shown.operations;
    const covered = this.#own(inspection, shown.device).filter(({ operation }) => operation.seq <= through);
    const own = covered.map((entry) => entry.operation);
    if (own.length !== count || digest(own, { [shown.device]: through }) !== told)
      return problem(409, 'wrong_state');
    const earlier = covered.flatMap((entry): [string, string][] => {
      const at = received.find((run) => entry.operation.seq <= run.through)?.at;
      return at !== undefined && at < this.#firstReceived(entry) ? [[entry.operation.id, at]] : [];
    });
    if (earlier.length > 0)
      durably.run(() => {
        this.first = new Map([...this.first, ...earlier]);
      });
    return this.#receipt(inspection, shown.device, now);
  }

  #own(inspection: string, device: string): Entry[] {
    return this.log
      .filter(({ operation }) => operation.device === device && operation.inspection === inspection)
      .sort((one, other) => bySeq(one.operation, other.operation));
  }

  #firstReceived({ operation, received }: Entry): string {
    const first = this.first.get(operation.id);
    return first !== undefined && first < received ? first : received;
  }

  /** In runs: those after the run before, through its number, came at its moment. */
  #received(entries: Entry[]): { through: number; at: string }[] {
    const runs: { through: number; at: string }[] = [];
    for (const entry of entries) {
      const last = runs.at(-1);
      const at = this.#firstReceived(entry);
      if (last?.at === at) last.through = entry.operation.seq;
      else runs.push({ through: entry.operation.seq, at });
    }
    return runs;
  }

  #receipt(inspection: string, device: string, now: number): HttpReply {
    if (this.operations.opened === '') return problem(404, 'not_found');
    const of = (operation: Operation) => operation.device === device && operation.inspection === inspection;
    const entries = this.#own(inspection, device);
    const own = entries.map((entry) => entry.operation);
    const logged = new Set(own.map((operation) => operation.id));
    const aside = [...this.refused.values()]
      .filter(({ operation: it }) => of(it) && !logged.has(it.id))
      .sort((one, other) => bySeq(one.operation, other.operation));
    const through = own.reduce((last, operation) => Math.max(last, operation.seq), 0);
    const late = new Set(this.fold(inspection).late);
    const operations = {
      count: own.length,
      through,
      digest: digest(own, { [device]: through }),
      received: this.#received(entries),
      late: own.filter(({ id }) => late.has(id)).map(({ id, seq }) => ({ id, seq })),
      refused: aside.map(({ operation: { id, seq }, code }) => ({ id, seq, code })),
    };
    const needed = new Set(own.flatMap((operation) => photosOf(operation)));
    const mentioned = new Set([...needed, ...aside.flatMap(({ operation }) => photosOf(operation))]);
    const photos = [...mentioned]
      .filter((key) => !this.forgetful && this.photos.originals.has(key))
      .sort()
      .map((sha256) => ({ sha256, size: this.photos.originals.get(sha256)?.length ?? 0 }));
    const lost = [...needed].filter((key) => !this.photos.originals.has(key)).sort();
    const missing = [...lost, ...gaps([...own, ...aside.map((it) => it.operation)])];
    const base = { inspection, device, epoch: this.epoch, operations, photos };
    const state = { complete: missing.length === 0, missing, archived: this.archived };
    const body = { ...base, ...state, issued_at: new Date(now).toISOString(), key: RECEIPT_KEY };
    return json(200, { ...body, signature: signed(canonicalJson(body as unknown as Json)) });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const bySeq = (one: Operation, other: Operation): number =>
  one.seq - other.seq || (one.id < other.id ? -1 : 1);

const copied = <T extends object>(map: Map<string, T>): Map<string, T> =>
  new Map([...map].map(([key, value]) => [key, { ...value }]));

const pulled = ({ operation, n, stamp, received, status }: Entry) => ({
  ...operation,
  n,
  stamp,
  received,
  status,
});

function gaps(operations: Operation[]): string[] {
  const seen = new Set(operations.map((operation) => operation.seq));
  const highest = Math.max(0, ...seen);
  return Array.from({ length: highest }, (_, at) => at + 1)
    .filter((seq) => !seen.has(seq))
    .map((seq) => `seq:${seq}`);
}

/** null where it is cut or no JSON. */
function bodyOf(request: HttpRequest, cut: number | null): SyncBody | null {
  const text = String(request.body);
  if (cut !== null && cut < Buffer.byteLength(text)) return null;
  try {
    return JSON.parse(text) as SyncBody;
  } catch {
    return null;
  }
}
