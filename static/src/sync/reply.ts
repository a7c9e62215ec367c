/** From an HTTP answer to what it means: a typed value, or the reason why the run must stop or the item be set aside. */
import type { ProblemCode } from '../data/api';
import type { HttpReply, HttpRequest, Transport } from './ports';
import type { Shape } from './shape';
import { type ProblemBody, problemShape } from './wire';

/** The whole run stops; everything is kept. `retryAfter` in seconds where the server named one. */
export class Halt extends Error {
  constructor(
    readonly problem: ProblemCode,
    readonly retryAfter: number | null = null,
  ) {
    super(problem);
    this.name = 'Halt';
  }
}

/** Our server refused this very request; the item, not the line, is at fault. */
export class Rejected extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    /** the server's sentence for the person, where it gave one */
    readonly detail: string | null = null,
    readonly field: string | null = null,
  ) {
    super(`${status} ${code}`);
    this.name = 'Rejected';
  }
}

/** What a problem of ours means for the whole run; every other code is about the request. */
const HALTS: Record<string, ProblemCode> = {
  signed_out: 'signed_out',
  device_revoked: 'device_revoked',
  unknown_schema: 'update_needed',
};

const BUSY = new Set([408, 425, 429, 502, 503, 504, 507]);

async function answer(transport: Transport, request: HttpRequest): Promise<HttpReply> {
  try {
    return await transport(request);
  } catch {
    throw new Halt('unreachable');
  }
}

/** What a person waits for: a busy server's own words are told, too (a locked sign-in says until when). */
export async function askForPerson<T>(transport: Transport, request: HttpRequest, shape: Shape): Promise<T> {
  const reply = await answer(transport, request);
  if (reply.status === 200 || reply.status === 201) return typed<T>(reply, shape);
  throw failure(reply);
}

/** Sends; a lost line is a `Halt`, not an answer. */
export async function exchange(transport: Transport, request: HttpRequest): Promise<HttpReply> {
  const reply = await answer(transport, request);
  if (BUSY.has(reply.status)) throw new Halt('server_busy', retryAfter(reply));
  return reply;
}

/** A JSON answer of the wanted shape, else Halt or Rejected. */
export async function askJson<T>(transport: Transport, request: HttpRequest, shape: Shape): Promise<T> {
  const reply = await exchange(transport, request);
  if (reply.status === 200 || reply.status === 201) return typed<T>(reply, shape);
  throw failure(reply);
}

function typed<T>(reply: HttpReply, shape: Shape): T {
  const value = decoded(reply, 'application/json');
  if (!shape(value)) throw new Halt('not_our_server');
  return value as T;
}

/** What an error status means. Only a problem document is our server speaking; anything else is something in between. */
export function failure(reply: HttpReply): Halt | Rejected {
  const problem = decoded(reply, 'application/problem+json');
  // A crash page of our own server may be plain: a 500 is told apart from a portal by asking again with an empty batch.
  if (reply.status === 500 && !problemShape(problem)) return new Rejected(500, 'server_error');
  if (reply.status === 413) return new Rejected(413, 'too_large');
  if (!problemShape(problem)) return new Halt('not_our_server');
  const { code, detail = null, field = null } = problem as ProblemBody;
  const halt = Object.hasOwn(HALTS, code) ? HALTS[code] : undefined;
  return halt === undefined ? new Rejected(reply.status, code, detail, field) : new Halt(halt);
}

function decoded(reply: HttpReply, contentType: string): unknown {
  if (!(reply.header('content-type') ?? '').toLowerCase().startsWith(contentType)) return undefined;
  try {
    return JSON.parse(reply.text);
  } catch {
    return undefined;
  }
}

/** Seconds, from a number or an HTTP date relative to the answer's own Date. */
export function retryAfter(reply: HttpReply): number | null {
  const value = reply.header('retry-after');
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value);
  const until = Date.parse(value) - Date.parse(reply.header('date') ?? '');
  return Number.isFinite(until) ? Math.max(0, Math.ceil(until / 1000)) : null;
}
