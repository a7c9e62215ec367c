/** A small tus 1.0 client: one photo at a time, in chunks, resumed by the POST that also created it. */
import { sha256 } from '@noble/hashes/sha2.js';
import { parkFor } from './backoff';
import { timeoutFor } from './exchange';
import type { Clock, HttpReply, HttpRequest, SyncStore, Transport, UploadJob } from './ports';
import { exchange, failure, Halt, Rejected } from './reply';

export const MOST_CHUNK = 2 * 1024 * 1024;
const LEAST_CHUNK = 16 * 1024;
const FIRST_CHUNK = 1024 * 1024;
/** Faster than this per chunk: the next may be larger. */
const BRISK = 8_000;
/** Slower than this: the next is smaller, since text waits for the piece that is under way. */
const SLOW = 30_000;
const TUS = { 'tus-resumable': '1.0.0' };
const ENDPOINT = '/api/v1/uploads';
const STUBBORN = 5;

/** The size of the next chunk; it follows the line. */
export interface Chunk {
  bytes: number;
}
export const firstChunk = (): Chunk => ({ bytes: FIRST_CHUNK });

export interface UploadLine {
  store: SyncStore;
  transport: Transport;
  clock: Clock;
  chunk: Chunk;
  /** called between chunks, so that text written meanwhile goes first */
  between: () => Promise<void>;
}

/** Sends one photo to its end, or sets it aside when it, and not the line, is at fault. */
export async function uploadPhoto(line: UploadLine, job: UploadJob): Promise<void> {
  const bytes = await line.store.photoBytes(job.sha256);
  if (bytes === null || bytes.length !== job.size) return setAside(line, job, 'bytes_missing');
  try {
    await sendAll(line, job, bytes);
    await line.store.uploadStored(job.sha256);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    await setAside(line, job, error.code);
  }
}

async function setAside(line: UploadLine, job: UploadJob, reason: string): Promise<void> {
  await line.store.parkUpload(job.sha256, reason, (tries) => line.clock() + parkFor(tries));
}

async function sendAll(line: UploadLine, job: UploadJob, bytes: Uint8Array): Promise<void> {
  let { location, offset } = await create(line, job);
  let furthest = offset;
  for (let stumbles = 0; offset < job.size; ) {
    const reply = await patch(line, location, offset, bytes);
    const next = reply.status === 204 ? offsetOf(reply) : null;
    if (next !== null && next > offset && next <= job.size) {
      offset = next;
      // The same way once more is no progress: a server that drops its part at the end each time would be sent to for ever.
      if (offset > furthest) stumbles = 0;
      furthest = Math.max(furthest, offset);
      await line.store.uploadProgress(job.sha256, offset);
      await line.between();
      continue;
    }
    if (++stumbles > STUBBORN) throw new Rejected(reply.status, codeOf(reply));
    ({ location, offset } = await recover(line, job, reply));
  }
}

/** The same for a new upload, a broken one and a finished one: the answer says how far the server has got. */
async function create(line: UploadLine, job: UploadJob): Promise<{ location: string; offset: number }> {
  const headers = { ...TUS, 'upload-length': String(job.size), 'upload-metadata': metadata(job) };
  const reply = await ask(line, { method: 'POST', path: ENDPOINT, headers, timeout: timeoutFor(0) });
  if (reply.status !== 201 && reply.status !== 200) throw failure(reply);
  const location = pathOf(reply.header('location'));
  const offset = offsetOf(reply);
  if (location === null || offset === null || offset > job.size) throw new Halt('not_our_server');
  return { location, offset };
}

function metadata(job: UploadJob): string {
  const parts: [string, string][] = [
    ['sha256', job.sha256],
    ['filename', job.filename],
    ['filetype', job.type],
  ];
  if (job.inspection !== null) parts.push(['inspection', job.inspection]);
  if (job.witness !== undefined) parts.push(['witness', job.witness]);
  return parts.map(([name, value]) => `${name} ${base64(new TextEncoder().encode(value))}`).join(',');
}

async function patch(
  line: UploadLine,
  location: string,
  offset: number,
  bytes: Uint8Array,
): Promise<HttpReply> {
  const body = bytes.subarray(offset, offset + line.chunk.bytes);
  const headers = {
    ...TUS,
    'content-type': 'application/offset+octet-stream',
    'upload-offset': String(offset),
    'upload-checksum': `sha256 ${base64(sha256(body))}`,
  };
  const started = line.clock();
  const reply = await ask(line, {
    method: 'PATCH',
    path: location,
    headers,
    body,
    timeout: timeoutFor(body.length),
  });
  follow(line.chunk, line.clock() - started);
  return reply;
}

function follow(chunk: Chunk, took: number): void {
  if (took < BRISK) chunk.bytes = Math.min(MOST_CHUNK, chunk.bytes * 2);
  else if (took > SLOW) chunk.bytes = Math.max(LEAST_CHUNK, Math.floor(chunk.bytes / 4));
}

async function ask(line: UploadLine, request: HttpRequest): Promise<HttpReply> {
  try {
    return await exchange(line.transport, request);
  } catch (error) {
    line.chunk.bytes = Math.max(LEAST_CHUNK, Math.floor(line.chunk.bytes / 4));
    throw error;
  }
}

/** 460: the chunk was spoilt on the way. 409: elsewhere. 404, 410: begin again. 422: the server dropped its part. */
const RECOVERABLE = new Set([204, 404, 409, 410, 422, 460]);

async function recover(
  line: UploadLine,
  job: UploadJob,
  reply: HttpReply,
): Promise<{ location: string; offset: number }> {
  // Another sender of ours holds the lease, alive: it will finish, or its lease runs out.
  if (reply.status === 423) throw new Halt('server_busy', 5);
  if (!RECOVERABLE.has(reply.status)) throw failure(reply);
  return create(line, job);
}

function codeOf(reply: HttpReply): string {
  const error = reply.status === 204 ? null : failure(reply);
  return error instanceof Rejected ? error.code : 'no_progress';
}

function offsetOf(reply: HttpReply): number | null {
  const value = reply.header('upload-offset');
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}

/** Only a place of our own server's uploads. */
function pathOf(location: string | null): string | null {
  if (location === null) return null;
  const path = /^https?:\/\//.test(location) ? new URL(location).pathname : location;
  return path.startsWith(`${ENDPOINT}/`) ? path : null;
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
