/** The server's log: inspect_app/inspections/{log,judging,reading}.py and sync/cursor.py, in memory. */
import { stampOf } from '../../../src/domain/hlc';
import { scoreSheetId } from '../../../src/domain/ids';
import {
  entityOf,
  fold,
  type Logged,
  type Operation,
  operationText,
  photosOf,
  present,
  shownValue,
  type Team,
  validate,
} from '../../../src/domain/operations';
import { ownerOf } from '../../../src/domain/operations/validation';
import { frozen } from '../frozen';

export interface Entry {
  operation: Operation;
  text: string;
  n: number;
  stamp: string;
  received: string;
  status: string;
  /** account, until all sheets are handed in */
  confidential: string;
}

export interface Aside {
  operation: Operation;
  text: string;
  status: string;
  code: string;
}

export interface Result {
  id: string;
  status: string;
  code: string | null;
}

export interface Sender {
  account: string;
  /** null: any of the account's */
  device: string | null;
}

export interface Place {
  log: number;
  sheets: number;
  mark: string;
}

export const NOWHERE: Place = { log: 0, sheets: 0, mark: '' };
const FREE = new Set(['signature', 'closing', 'late_decision']);
const OF_THE_SESSION = new Set(['foreign_author', 'foreign_device']);

/** Kept as it came, read in the present form. */
function readable(item: Logged): Logged {
  const operation = present(item.operation);
  return operation === item.operation ? item : { ...item, operation };
}

export class ServerLog {
  entries: Entry[] = [];
  /** by id; the second content of an id under `<id>/reused` */
  aside = new Map<string, Aside>();
  sheetsOpen = false;
  /** the inspection's row was made, by the first batch that named it; "" before */
  opened = '';

  constructor(
    private readonly team: Team,
    private readonly alarm: (words: string) => void,
  ) {}

  copy(): Pick<ServerLog, 'entries' | 'aside' | 'sheetsOpen' | 'opened'> {
    const { entries, aside, sheetsOpen, opened } = this;
    return { entries: [...entries], aside: new Map(aside), sheetsOpen, opened };
  }

  fold() {
    return fold((this.entries as Logged[]).map(readable), this.team);
  }

  append(operations: Operation[], sender: Sender, has: (sha256: string) => boolean, now: number): Result[] {
    this.opened ||= operations[0]?.inspection ?? '';
    const seen = new Map<string, string>();
    const fresh: Operation[] = [];
    const received = Math.max(now, ...this.entries.slice(-1).map((entry) => Date.parse(entry.received)));
    const results = operations.map((operation) => this.#take(operation, sender, has, seen, fresh));
    const statuses = this.#enter(fresh, received);
    return results.map((result) => ({ ...result, status: statuses.get(result.id) ?? result.status }));
  }

  #take(
    operation: Operation,
    sender: Sender,
    has: (sha256: string) => boolean,
    seen: Map<string, string>,
    fresh: Operation[],
  ): Result {
    const { id } = operation;
    const text = operationText(operation);
    const earlier = seen.get(id);
    if (earlier === text) return { id, status: 'duplicate', code: null };
    if (earlier !== undefined) return this.#reused(operation, text);
    seen.set(id, text);
    return this.#judged(operation, text, sender, has, fresh);
  }

  #judged(
    operation: Operation,
    text: string,
    sender: Sender,
    has: (sha256: string) => boolean,
    fresh: Operation[],
  ): Result {
    const { id } = operation;
    const foreign = foreignCode(operation, sender);
    if (foreign !== null) return { id, status: 'refused', code: foreign };
    const known = this.#remembered(operation, text);
    if (known !== null) return known;
    const code = refusedByRule(operation) ?? validate(present(operation), this.team);
    if (code !== null) {
      this.aside.set(id, { operation, text, status: 'refused', code });
      return { id, status: 'refused', code };
    }
    if (photosOf(operation).some((hash) => !has(hash)))
      return { id, status: 'refused', code: 'photo_missing' };
    fresh.push(operation);
    return { id, status: 'applied', code: null };
  }

  #remembered(operation: Operation, text: string): Result | null {
    const { id } = operation;
    const logged = this.entries.find((entry) => entry.operation.id === id);
    if (logged !== undefined)
      return logged.text === text ? { id, status: logged.status, code: null } : this.#reused(operation, text);
    const aside = this.aside.get(id);
    if (aside === undefined || OF_THE_SESSION.has(aside.code)) return null;
    return aside.text === text
      ? { id, status: aside.status, code: aside.code }
      : this.#reused(operation, text);
  }

  #reused(operation: Operation, text: string): Result {
    const { id } = operation;
    this.alarm(`id_reused ${id}`);
    this.aside.set(`${id}/reused`, { operation, text, status: 'refused', code: 'id_reused' });
    return { id, status: 'refused', code: 'id_reused' };
  }

  #enter(fresh: Operation[], received: number): Map<string, string> {
    if (fresh.length === 0) return new Map();
    for (const operation of fresh) this.#alarmIfTwice(operation);
    const added = fresh.map((operation) => ({ operation, stamp: stampOf(operation.hlc, received) }));
    const state = fold([...(this.entries as Logged[]), ...added].map(readable), this.team);
    const contested = new Set(
      state.conflicts.flatMap(([kind, id, name]) => {
        const field = state.entities[`${kind}:${id}`]?.fields[name];
        return field ? [field.operation, ...field.others.map((it) => it.operation)] : [];
      }),
    );
    const late = new Set(state.late);
    const statuses = new Map(
      fresh.map(({ id }) => [id, late.has(id) ? 'late' : contested.has(id) ? 'conflict' : 'applied']),
    );
    for (const { operation, stamp } of added)
      this.entries.push(
        frozen({
          operation,
          text: operationText(operation),
          n: this.entries.length + 1,
          stamp,
          received: new Date(received).toISOString(),
          status: statuses.get(operation.id) ?? '',
          confidential: operation.entity === 'score_sheet' ? (ownerOf(operation, this.team) ?? '') : '',
        }),
      );
    if (fresh.some((it) => it.entity === 'score_sheet' || FREE.has(it.entity))) this.#openSheets();
    return statuses;
  }

  #alarmIfTwice({ id, device, inspection, seq }: Operation): void {
    const all = [...this.entries, ...this.aside.values()];
    const twin = all.find(
      ({ operation: other }) =>
        other.device === device && other.inspection === inspection && other.seq === seq && other.id !== id,
    );
    if (twin !== undefined) this.alarm(`seq ${seq} of ${device} twice`);
  }

  #openSheets(): void {
    if (this.handedIn().every((sheet) => sheet.handed_in)) this.sheetsOpen = true;
  }

  /** Who has handed in; what `sheets` of an answer tells while they are not open. */
  handedIn() {
    const state = this.fold();
    const inspection = this.opened;
    return [...this.team.members].sort().map((member) => {
      const sheet = entityOf(state, 'score_sheet', scoreSheetId(inspection, member));
      const handed_in = Boolean(shownValue(sheet, 'handed_in_at'));
      const came = this.entries.some(
        ({ operation: { id, entity_id, set } }) =>
          entity_id === scoreSheetId(inspection, member) && set.handed_in_at && state.late.includes(id),
      );
      return { inspection, member, handed_in, late: !handed_in && came };
    });
  }

  /** What an account may read beyond a place, at most `most`. */
  read(account: string, from: Place, most: number): { entries: Entry[]; place: Place; more: boolean } {
    const open = (entry: Entry) =>
      entry.confidential === '' || entry.confidential === account || entry.operation.author === account;
    const first = page(
      this.entries.filter((entry) => entry.n > from.log && open(entry)),
      most,
    );
    const last = first.found.at(-1);
    let place = last === undefined ? from : { ...from, log: last.n, mark: markOf(last) };
    if (!this.sheetsOpen || first.more) return { entries: first.found, place, more: first.more };
    const hidden = this.entries.filter((entry) => entry.n > from.sheets && !open(entry));
    const second = page(hidden, most - first.found.length);
    place = { ...place, sheets: second.found.at(-1)?.n ?? place.sheets };
    return { entries: [...first.found, ...second.found], place, more: second.more };
  }

  /** Whether a reader was given something at a place that stands there no more. */
  isBeyond(place: Place): boolean {
    if (place.log === 0) return false;
    const entry = this.entries[place.log - 1];
    return entry === undefined || markOf(entry) !== place.mark;
  }
}

const markOf = (entry: Entry): string => entry.operation.id.slice(-12) + entry.received;

function page(entries: Entry[], room: number): { found: Entry[]; more: boolean } {
  return { found: entries.slice(0, room), more: entries.length > room };
}

function foreignCode(operation: Operation, sender: Sender): string | null {
  if (operation.author !== sender.account) return 'foreign_author';
  return sender.device === null || operation.device === sender.device ? null : 'foreign_device';
}

/** A rule that the tablet does not know yet. */
const refusedByRule = (operation: Operation): string | null =>
  JSON.stringify(operation.set).includes('refuse-me') ? 'bad_value' : null;
