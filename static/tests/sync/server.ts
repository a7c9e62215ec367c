/** A server small enough to be believed: docs/sync-protocol.md in memory, with all that it must refuse. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { sha256Hex } from '../../src/domain/digest';
import { stampOf } from '../../src/domain/hlc';
import { canonicalJson, type Json } from '../../src/domain/json';
import {
  digest,
  fold,
  type Logged,
  type Operation,
  operationText,
  photosOf,
  type Team,
  validate,
} from '../../src/domain/operations';
import type { HttpReply, HttpRequest } from '../../src/sync/ports';

interface Entry {
  operation: Operation;
  n: number;
  stamp: string;
  received: string;
  status: string;
}

interface Upload {
  size: number;
  bytes: Uint8Array;
}

const PAGE = 7;
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const rawKey = (key: KeyObject): string =>
  Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
export const RECEIPT_KEY = rawKey(publicKey);

export class SimulatedServer {
  epoch = 'epoch-1';
  archived = false;
  /** an operation whose text holds this word ends the request with 500 */
  poison: string | null = 'poison';
  log: Entry[] = [];
  refused = new Map<string, { text: string; code: string; operation: Operation }>();
  uploads = new Map<string, Upload>();
  /** what must never happen, in words */
  readonly alarms: string[] = [];

  constructor(readonly team: Team) {}

  handle(request: HttpRequest, account: string, now: number): HttpReply {
    const [path = '', query = ''] = request.path.split('?');
    if (path === '/api/v1/session') return json(200, this.#session(account, now));
    if (path === '/api/v1/sync') return this.#sync(JSON.parse(String(request.body)), account, now);
    if (path.startsWith('/api/v1/uploads')) return this.#tus(request, account);
    const receipt = /^\/api\/v1\/inspections\/([^/]+)\/receipt$/.exec(path);
    if (receipt) return json(200, this.#receipt(receipt[1] ?? '', query.replace('device=', ''), account));
    return problem(404, 'not_found');
  }

  /** Yesterday's backup is put back. */
  restore(to: Pick<SimulatedServer, 'log' | 'refused' | 'uploads'>, epoch: string): void {
    Object.assign(this, to, { epoch });
  }

  snapshot(): Pick<SimulatedServer, 'log' | 'refused' | 'uploads'> {
    const uploads = new Map([...this.uploads].map(([key, upload]) => [key, { ...upload }]));
    return { log: [...this.log], refused: new Map(this.refused), uploads };
  }

  stored(account: string, sha256: string): boolean {
    const upload = this.uploads.get(`${account}/${sha256}`);
    return upload !== undefined && upload.bytes.length === upload.size;
  }

  fold(inspection: string) {
    const entries = this.log.filter((entry) => entry.operation.inspection === inspection);
    return fold(entries as Logged[], this.team);
  }

  #session(account: string, now: number) {
    const person = { id: account, login: account, name: account, roles: ['inspector'], agency: null };
    const server_time = new Date(now).toISOString();
    return { account: person, device: null, epoch: this.epoch, server_time, receipt_key: RECEIPT_KEY };
  }

  #sync(
    body: { operations: Operation[]; cursor: string | null; device: string },
    account: string,
    now: number,
  ): HttpReply {
    // One transaction: a poisoned one takes the whole batch with it.
    const word = this.poison;
    if (word !== null && body.operations.some((it) => JSON.stringify(it.set).includes(word))) return crash();
    const results = body.operations.map((operation) => this.#take(operation, account, now));
    const { operations, cursor, more } = this.#pull(body.cursor);
    return json(200, { results, operations, cursor, more, epoch: this.epoch });
  }

  #take(operation: Operation, account: string, now: number) {
    const { id } = operation;
    if (operation.author !== account) return { id, status: 'refused', code: 'foreign_author' };
    const known = this.log.find((entry) => entry.operation.id === id);
    const text = operationText(operation);
    if (known !== undefined) return this.#again(id, text, operationText(known.operation), known.status, null);
    const before = this.refused.get(id);
    if (before !== undefined) return this.#again(id, text, before.text, 'refused', before.code);
    if (photosOf(operation).some((hash) => !this.stored(account, hash)))
      return { id, status: 'refused', code: 'photo_missing' };
    return this.#enter(operation, text, now);
  }

  #again(id: string, text: string, first: string, status: string, code: string | null) {
    if (text === first) return { id, status, code };
    this.alarms.push(`id_reused ${id}`);
    return { id, status: 'refused', code: 'id_reused' };
  }

  #enter(operation: Operation, text: string, now: number) {
    const { id, device, inspection, seq } = operation;
    const code = JSON.stringify(operation.set).includes('refuse-me')
      ? 'bad_value'
      : validate(operation, this.team);
    const twin = [...this.log, ...this.refused.values()].find(
      ({ operation: other }) =>
        other.device === device && other.inspection === inspection && other.seq === seq,
    );
    if (twin !== undefined) this.alarms.push(`seq ${seq} of ${device} twice`);
    if (code !== null) {
      this.refused.set(id, { text, code, operation });
      return { id, status: 'refused', code };
    }
    const stamp = stampOf(operation.hlc, now);
    this.log.push({
      operation,
      n: this.log.length + 1,
      stamp,
      received: new Date(now).toISOString(),
      status: 'applied',
    });
    return { id, status: 'applied', code: null };
  }

  #pull(cursor: string | null) {
    const [epoch, place] = (cursor ?? `${this.epoch}:0`).split(':');
    const from = epoch === this.epoch ? Number(place) : 0;
    const page = this.log.slice(from, from + PAGE);
    const operations = page.map(({ operation, ...added }) => ({ ...operation, ...added }));
    const at = from + page.length;
    return { operations, cursor: `${this.epoch}:${at}`, more: at < this.log.length };
  }

  #tus(request: HttpRequest, account: string): HttpReply {
    const headers = request.headers ?? {};
    if (request.method === 'POST') return this.#create(headers, account);
    const sha256 = request.path.split('/').at(-1) ?? '';
    const upload = this.uploads.get(`${account}/${sha256}`);
    if (upload === undefined) return problem(404, 'not_found');
    if (Number(headers['upload-offset']) !== upload.bytes.length) return problem(409, 'offset_mismatch');
    return this.#append(upload, request.body as Uint8Array, headers, sha256, account);
  }

  #create(headers: Record<string, string>, account: string): HttpReply {
    const sha256 = Buffer.from(
      /sha256 ([^,]+)/.exec(headers['upload-metadata'] ?? '')?.[1] ?? '',
      'base64',
    ).toString();
    const key = `${account}/${sha256}`;
    const upload = this.uploads.get(key) ?? {
      size: Number(headers['upload-length']),
      bytes: new Uint8Array(0),
    };
    this.uploads.set(key, upload);
    const place = { location: `/api/v1/uploads/${sha256}`, 'upload-offset': String(upload.bytes.length) };
    return reply(201, '', { ...TUS, ...place });
  }

  #append(
    upload: Upload,
    body: Uint8Array,
    headers: Record<string, string>,
    sha256: string,
    account: string,
  ): HttpReply {
    const sum = Buffer.from(sha256Hex(body), 'hex').toString('base64');
    if (headers['upload-checksum'] !== `sha256 ${sum}`) return problem(460, 'checksum_mismatch');
    upload.bytes = Buffer.concat([upload.bytes, body]);
    if (upload.bytes.length === upload.size && sha256Hex(upload.bytes) !== sha256) {
      this.uploads.delete(`${account}/${sha256}`);
      return problem(422, 'hash_mismatch');
    }
    return reply(204, '', { ...TUS, 'upload-offset': String(upload.bytes.length) });
  }

  #receipt(inspection: string, device: string, account: string) {
    const of = (operation: Operation) => operation.device === device && operation.inspection === inspection;
    const own = this.log.map((entry) => entry.operation).filter(of);
    const refused = [...this.refused.values()].filter((it) => of(it.operation)).map((it) => it.operation.id);
    const through = own.reduce((last, operation) => Math.max(last, operation.seq), 0);
    const operations = {
      count: own.length,
      through,
      digest: digest(own, { [device]: through }),
      late: [],
      refused,
    };
    const photos = [...this.uploads]
      .filter(([key, upload]) => key.startsWith(`${account}/`) && upload.bytes.length === upload.size)
      .map(([key, upload]) => ({ sha256: key.slice(account.length + 1), size: upload.size }));
    const base = { inspection, device, epoch: this.epoch, operations, photos, complete: true, missing: [] };
    const body = { ...base, archived: this.archived, issued_at: '2026-11-23T00:00:00Z', key: RECEIPT_KEY };
    const signature = sign(null, Buffer.from(canonicalJson(body as unknown as Json)), privateKey).toString(
      'hex',
    );
    return { ...body, signature };
  }
}

const TUS = { 'tus-resumable': '1.0.0' };

export function reply(status: number, text: string, headers: Record<string, string>): HttpReply {
  return { status, text, header: (name) => headers[name] ?? null };
}

export const json = (status: number, value: unknown): HttpReply =>
  reply(status, JSON.stringify(value), { 'content-type': 'application/json' });

export const problem = (status: number, code: string, headers: Record<string, string> = {}): HttpReply =>
  reply(status, JSON.stringify({ type: 'about:blank', title: code, status, code, detail: '' }), {
    'content-type': 'application/problem+json',
    ...headers,
  });

const crash = (): HttpReply => reply(500, '<h1>Internal Server Error</h1>', { 'content-type': 'text/html' });
