/** Push and pull: POST /api/v1/sync until nothing is left to send and the server has no more. */
import { parkFor } from './backoff';
import type { Clock, Frozen, SyncStore, Transport } from './ports';
import { askJson, Halt, Rejected } from './reply';
import { PROTOCOL, STATUSES, type SyncReply, syncReply } from './wire';

export const MOST_OPERATIONS = 500;
const MOST_BYTES = 512 * 1024;
const LEAST_BYTES = 16 * 1024;
/** Answers that are about the session, not the item: the item is not judged, the run stops. */
const NOT_THE_ITEM = new Set(['foreign_author', 'foreign_device']);
/** So many items in a row that our server cannot take look like the server's trouble: no more of them in this run. */
const PARKED_IN_A_ROW = 3;

/** How much is sent at once; smaller after a failure, larger after success. */
export interface Appetite {
  count: number;
  bytes: number;
}

export const hearty = (): Appetite => ({ count: MOST_OPERATIONS, bytes: MOST_BYTES });

export function less(appetite: Appetite): void {
  appetite.count = Math.max(1, Math.floor(appetite.count / 4));
  appetite.bytes = Math.max(LEAST_BYTES, Math.floor(appetite.bytes / 4));
}

export function more(appetite: Appetite): void {
  appetite.count = Math.min(MOST_OPERATIONS, appetite.count * 4);
  appetite.bytes = Math.min(MOST_BYTES, appetite.bytes * 4);
}

export interface Line {
  store: SyncStore;
  transport: Transport;
  clock: Clock;
  appetite: Appetite;
}

/** Sends everything that may be sent and takes everything there is. Poisoned items are parked; the others go on. */
export async function exchangeAll(line: Line): Promise<void> {
  for (let parked = 0; ; ) {
    const batch = await line.store.offer(line.appetite, line.clock());
    const outcome = await attempt(line, batch);
    // Photos and receipts still get their turn; the next run goes on behind what was parked.
    if (outcome === 'parked' && ++parked >= PARKED_IN_A_ROW) return;
    if (outcome === 'done') return;
    if (outcome === 'taken') parked = 0;
  }
}

type Outcome = 'done' | 'taken' | 'smaller' | 'parked';

async function attempt(line: Line, batch: Frozen[]): Promise<Outcome> {
  try {
    const { reply, newEpoch } = await send(line, batch);
    more(line.appetite);
    return batch.length === 0 && !reply.more && !newEpoch ? 'done' : 'taken';
  } catch (error) {
    if (error instanceof Halt) less(line.appetite);
    if (!(error instanceof Rejected)) throw error;
    return blame(line, batch, error);
  }
}

/** One request, and what its answer changes here. */
async function send(line: Line, batch: Frozen[]): Promise<{ reply: SyncReply; newEpoch: boolean }> {
  const { device, cursor, inspections, holds } = await line.store.position(batch);
  const head = JSON.stringify({ schema: PROTOCOL, device, cursor, inspections, holds });
  const body = `${head.slice(0, -1)},"operations":[${batch.map((item) => item.text).join(',')}]}`;
  const headers = { 'content-type': 'application/json' };
  const bytes = new TextEncoder().encode(body).length; // as they go over the line: a Chinese character is three
  const timeout = batch.length === 1 ? patienceFor(bytes) : timeoutFor(bytes);
  const request = { method: 'POST', path: '/api/v1/sync', headers, body, timeout } as const;
  const reply = answered(await askJson<SyncReply>(line.transport, request, syncReply), batch);
  return { reply, ...(await line.store.settle(batch, reply, line.clock(), holds)) };
}

/** Ten minutes at most, so that a dead line is noticed: what takes longer is sent in smaller pieces the next time. */
export const timeoutFor = (bytes: number): number => Math.min(600_000, patienceFor(bytes));

/** A minute, and what the bytes take at 100 bytes a second: slow is not dead. For what cannot be made smaller, however long. */
const patienceFor = (bytes: number): number => 60_000 + bytes * 10;

/** An old answer out of a cache names other items: it acknowledges nothing. */
function answered(reply: SyncReply, batch: Frozen[]): SyncReply {
  const sent = new Set(batch.map((item) => item.id));
  const known = reply.results.every((item) => sent.delete(item.id) && STATUSES.has(item.status));
  if (!known || sent.size > 0) throw new Halt('not_our_server');
  if (reply.results.some((item) => NOT_THE_ITEM.has(item.code ?? ''))) throw new Halt('signed_out');
  return reply;
}

/** Our server cannot take this batch: smaller ones find the item, which is set aside if the server is sound without it. */
async function blame(line: Line, batch: Frozen[], error: Rejected): Promise<Outcome> {
  const [only] = batch;
  if (only === undefined) throw new Halt('server_busy');
  if (batch.length > 1) {
    line.appetite.count = Math.max(1, Math.floor(batch.length / 2));
    return 'smaller';
  }
  await probe(line);
  const tries = await line.store.tries(only.id);
  await line.store.park(only.id, error.code, line.clock() + parkFor(tries));
  return 'parked';
}

async function probe(line: Line): Promise<void> {
  try {
    await send(line, []);
  } catch (error) {
    throw error instanceof Rejected ? new Halt('server_busy') : error;
  }
}
