/** tus on the server: inspect_app/photos/{uploads,receiving,leases,originals}.py, in memory. */
import { sha256Hex } from '../../../src/domain/digest';
import type { HttpReply, HttpRequest } from '../../../src/sync/ports';
import { type Durably, problem, reply } from './answers';

interface Upload {
  account: string;
  sha256: string;
  length: number;
  bytes: Uint8Array;
  finished: boolean;
  /** a dead sender's lease ends by itself at this moment */
  leasedUntil: number | null;
  expires: number;
}

const LEASE = 30_000;
const KEPT = 14 * 86_400_000;
const TUS = { 'tus-resumable': '1.0.0' };

export class ServerUploads {
  /** by `<account>/<hash>` */
  uploads = new Map<string, Upload>();
  originals = new Map<string, Uint8Array>();
  /** `<account>/<hash>` of what an account has sent in full */
  possessed = new Set<string>();

  copy(): Pick<ServerUploads, 'uploads' | 'originals' | 'possessed'> {
    const uploads = new Map([...this.uploads].map(([key, upload]) => [key, { ...upload }]));
    return { uploads, originals: new Map(this.originals), possessed: new Set(this.possessed) };
  }

  handle(
    request: HttpRequest,
    account: string,
    now: number,
    durably: Durably,
    cut: number | null,
  ): HttpReply {
    if (request.method === 'POST') return this.#begin(request.headers ?? {}, account, now, durably);
    const key = `${account}/${request.path.split('/').at(-1)}`;
    const upload = this.uploads.get(key);
    if (upload === undefined || (!upload.finished && upload.expires <= now)) return problem(404, 'not_found');
    return this.#patch(upload, request, now, durably, cut);
  }

  #begin(headers: Record<string, string>, account: string, now: number, durably: Durably): HttpReply {
    const coded = /sha256 ([^,]+)/.exec(headers['upload-metadata'] ?? '')?.[1] ?? '';
    const sha256 = Buffer.from(coded, 'base64').toString();
    const key = `${account}/${sha256}`;
    const known = this.uploads.get(key);
    const vain = known?.finished === true && !this.possessed.has(key);
    if (known === undefined || known.expires <= now || vain)
      durably.run(() => this.#create(key, account, sha256, Number(headers['upload-length']), now));
    const upload = this.uploads.get(key) as Upload;
    if (upload.bytes.length === upload.length && !upload.finished) {
      const busy = this.#held(upload, now, durably, () => this.#finish(upload, durably, now));
      if (busy !== null) return busy;
    }
    const place = { location: `/api/v1/uploads/${sha256}`, 'upload-offset': String(upload.bytes.length) };
    return reply(201, '', { ...TUS, ...place });
  }

  #create(key: string, account: string, sha256: string, length: number, now: number): void {
    const whole = this.possessed.has(key) ? this.originals.get(sha256) : undefined;
    const bytes = whole ?? new Uint8Array(0);
    const finished = whole !== undefined;
    const rest = { bytes, finished, leasedUntil: null, expires: now + KEPT };
    this.uploads.set(key, { account, sha256, length: whole?.length ?? length, ...rest });
  }

  #patch(upload: Upload, request: HttpRequest, now: number, durably: Durably, cut: number | null): HttpReply {
    const body = request.body as Uint8Array;
    const offset = Number(request.headers?.['upload-offset']);
    if (upload.finished)
      return offset + body.length > upload.length ? problem(409, 'offset_mismatch') : at(upload);
    const failed = this.#held(upload, now, durably, () => {
      if (offset !== upload.bytes.length) return problem(409, 'offset_mismatch');
      if (offset + body.length > upload.length) return problem(413, 'too_large');
      return this.#take(upload, request, cut ?? body.length, now, durably);
    });
    return failed ?? at(upload);
  }

  /** Under the lease; a server that dies in here leaves it behind. */
  #held(upload: Upload, now: number, durably: Durably, work: () => HttpReply | null): HttpReply | null {
    const until = upload.leasedUntil;
    // One that ends beyond its life was given by a clock that has been put back since.
    if (until !== null && until >= now && until <= now + LEASE) return problem(423, 'locked');
    durably.run(() => {
      upload.leasedUntil = now + LEASE;
    });
    const answer = work();
    // What moved the offset or finished the upload gave the lease back in the same commit.
    if (upload.leasedUntil !== null)
      durably.run(() => {
        upload.leasedUntil = null;
      });
    return answer;
  }

  /** A whole body is held to its checksum; what came of a cut one is kept, and the hash of the photo decides. */
  #take(upload: Upload, request: HttpRequest, came: number, now: number, durably: Durably): HttpReply | null {
    const body = request.body as Uint8Array;
    const arrived = body.subarray(0, came);
    const cut = came < body.length ? problem(400, 'bad_request') : null;
    if (came === 0) return cut;
    durably.run(() => undefined); // the bytes are on the disk, beyond the offset
    const sum = Buffer.from(sha256Hex(arrived), 'hex').toString('base64');
    if (cut === null && request.headers?.['upload-checksum'] !== `sha256 ${sum}`)
      return problem(460, 'checksum_mismatch');
    durably.run(() => {
      upload.bytes = joined(upload.bytes, arrived);
      if (upload.bytes.length < upload.length) upload.leasedUntil = null;
    });
    return upload.bytes.length === upload.length ? this.#finish(upload, durably, now) : cut;
  }

  #finish(upload: Upload, durably: Durably, now: number): HttpReply | null {
    const { account, sha256 } = upload;
    if (sha256Hex(upload.bytes) !== sha256) {
      durably.run(() => {
        upload.bytes = new Uint8Array(0);
      });
      return problem(422, 'hash_mismatch');
    }
    if (!this.originals.has(sha256)) durably.run(() => undefined);
    durably.run(() => {
      this.originals.set(sha256, upload.bytes);
      this.possessed.add(`${account}/${sha256}`);
      Object.assign(upload, { finished: true, expires: now + KEPT, leasedUntil: null });
    });
    return null;
  }

  /** The nightly job: uploads past their end. */
  clean(now: number): void {
    for (const [key, upload] of this.uploads) if (upload.expires < now) this.uploads.delete(key);
  }
}

/** Two parts of one photo that lie side by side are looked at as one; others are copied together. */
function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const beside = one.buffer === other.buffer && one.byteOffset + one.length === other.byteOffset;
  if (!beside) return Buffer.concat([one, other]);
  return new Uint8Array(one.buffer, one.byteOffset, one.length + other.length);
}

const at = (upload: Upload): HttpReply =>
  reply(204, '', { ...TUS, 'upload-offset': String(upload.bytes.length) });
