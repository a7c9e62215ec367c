/** The line between the tablets and the server, and all that befalls a request on it. */
import type { HttpReply, HttpRequest, Transport } from '../../src/sync/ports';
import type { Backend, Manner } from './backend';
import type { Tab } from './device';
import type { RequestFault } from './faults';
import { Answers } from './remembered/remember';
import { problem, reply } from './twin/answers';

interface Late {
  request: HttpRequest;
  person: number;
  due: number;
}

export interface Weather {
  /** before anything befalls a request */
  arriving: (request: HttpRequest, person: number) => void;
  /** what befalls the nth request */
  fault: (number: number) => RequestFault | null;
  /** the server's clock */
  now: () => number;
  isSignedOut: (person: number) => boolean;
  /** every answered request, in words that two servers must agree on */
  record: (words: () => string) => void;
}

/** Each its own: one for all would hold on to every page that waits for it. */
const never = (): Promise<never> => new Promise(() => undefined);
const lost = (): never => {
  throw new TypeError('Failed to fetch');
};

export class Network {
  requests = 0;
  #late: Late[] = [];
  readonly #lastAnswers = new Map<string, HttpReply>();

  constructor(
    private readonly backend: Backend,
    private readonly weather: Weather,
  ) {}

  /** What is on its way. */
  get underway(): unknown {
    return this.#late.map(({ due, ...rest }) => ({ ...rest, due: due - this.requests }));
  }

  /** The answers that a cache may give again. */
  get kept(): unknown {
    return [...this.#lastAnswers].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** Another line in the same state, to another server. */
  fork(backend: Backend, weather: Weather): Network {
    const other = new Network(backend, weather);
    other.requests = this.requests;
    other.#late = [...this.#late];
    for (const [path, answer] of this.#lastAnswers) other.#lastAnswers.set(path, answer);
    return other;
  }

  transport(person: number): (tab: Tab) => Transport {
    return (tab) => (request) => this.#send(request, person, tab);
  }

  async #send(request: HttpRequest, person: number, tab: Tab): Promise<HttpReply> {
    if (tab.database.dead) return never();
    this.weather.arriving(request, person);
    this.requests += 1;
    const fault = this.weather.fault(this.requests);
    if (fault !== null) this.weather.record(() => `${person} ${told(request)} meets ${fault}`);
    if (fault === 'tab_dies_before') {
      tab.kill();
      return never();
    }
    try {
      const answer = await this.#under(fault, request, person);
      if (fault === 'tab_dies_after') tab.kill();
      return tab.database.dead ? never() : answer;
    } finally {
      await this.#deliverLate(this.requests);
    }
  }

  /** Everything that is still on its way arrives. */
  async calm(): Promise<void> {
    await this.#deliverLate(Number.POSITIVE_INFINITY);
  }

  async #deliverLate(number: number): Promise<void> {
    const due = this.#late.filter((it) => it.due <= number);
    this.#late = this.#late.filter((it) => it.due > number);
    for (const { request, person } of due) await this.#deliver(request, person).catch(() => undefined);
  }

  async #deliver(request: HttpRequest, person: number, manner: Manner = {}): Promise<HttpReply> {
    const signedOut = manner.signedOut === true || this.weather.isSignedOut(person);
    const answer = await this.backend.request(request, person, this.weather.now(), { ...manner, signedOut });
    this.weather.record(
      () =>
        `${person} ${told(request)} ${manner.kill ? JSON.stringify(manner.kill) : manner.cut == null ? '' : 'cut'} -> ${answer ? heard(request, answer) : 'dead'}`,
    );
    if (answer === null) return lost();
    if (answer.status === 200) this.#lastAnswers.set(`${person} ${request.path}`, answer);
    return answer;
  }

  async #under(fault: RequestFault | null, request: HttpRequest, person: number): Promise<HttpReply> {
    const honest = (manner: Manner = {}) => this.#deliver(request, person, manner);
    const died = /^server_dies_(before|after)_(\d)$/.exec(fault ?? '');
    if (died) return honest({ kill: { when: died[1] as 'before' | 'after', nth: Number(died[2]) } });
    const cut = cutOf(fault, request);
    if (cut === 'nothing') return lost();
    if (cut !== null) {
      await honest({ cut });
      return lost();
    }
    switch (fault) {
      case 'drop':
        return lost();
      case 'drop_answer':
        await honest();
        return lost();
      case 'duplicate':
        await honest();
        return honest();
      case 'delay':
      case 'delay_long':
        this.#late.push({ request, person, due: this.requests + (fault === 'delay' ? 1 : 7) });
        return lost();
      case 'answer_cut_mid':
      case 'answer_cut_last':
        return cutAnswer(await honest(), fault === 'answer_cut_mid' ? 0.5 : 1);
      case 'corrupt':
        return this.#deliver(spoilt(request), person);
      case 'corrupt_answer':
        return spoiltAnswer(await honest());
      case 'signed_out':
        return honest({ signedOut: true });
      case 'stale_answer':
        return this.#lastAnswers.get(`${person} ${request.path}`) ?? honest();
      case 'server_dies_before_answer':
        return honest({ kill: { when: 'after', nth: 99 } });
      default:
        return (fault === null ? null : between(fault)) ?? honest();
    }
  }
}

/** What something between tablet and server answers in its place. */
function between(fault: RequestFault): HttpReply | null {
  switch (fault) {
    case 'portal_page':
      return reply(200, '<html>Wi-Fi login</html>', { 'content-type': 'text/html' });
    case 'portal_json':
      return reply(200, '{"ok": true}', { 'content-type': 'application/json' });
    case 'portal_redirect':
      return reply(302, '', { location: 'http://portal.example/' });
    case 'bad_gateway':
      return reply(502, 'bad gateway', {});
    case 'busy':
      return problem(503, 'busy', { 'retry-after': '30' });
    case 'slow_down':
      return problem(429, 'slow_down');
    case 'crash_page':
      return reply(500, '<h1>oops</h1>', { 'content-type': 'text/html' });
    default:
      return null;
  }
}

const sizeOf = ({ body }: HttpRequest): number =>
  body instanceof Uint8Array ? body.length : Buffer.byteLength(body ?? '');

/** How many bytes of the body arrive; `nothing` where not even the head does. */
function cutOf(fault: RequestFault | null, request: HttpRequest): number | 'nothing' | null {
  if (fault === null || !fault.startsWith('cut_')) return null;
  const size = sizeOf(request);
  if (fault === 'cut_head' || size === 0) return 'nothing';
  if (fault === 'cut_mid') return Math.floor(size / 2);
  return fault === 'cut_last' ? size - 1 : Number(fault.slice(4));
}

/** A photo's byte flips; a text comes as something that is no JSON any more (TLS would let neither through). */
function spoilt(request: HttpRequest): HttpRequest {
  if (request.body === undefined) return request;
  if (!(request.body instanceof Uint8Array)) return { ...request, body: `x${request.body.slice(1)}` };
  const body = request.body.slice();
  const at = Math.floor(body.length / 2);
  body[at] = (body[at] ?? 0) ^ 0x01;
  return { ...request, body };
}

function cutAnswer(answer: HttpReply, share: number): HttpReply {
  if (answer.text === '') return lost();
  const end = Math.min(answer.text.length - 1, Math.floor(answer.text.length * share));
  return { ...answer, text: answer.text.slice(0, end) };
}

function spoiltAnswer(answer: HttpReply): HttpReply {
  if (answer.text === '') return lost();
  return { ...answer, text: `x${answer.text.slice(1)}` };
}

const told = ({ method, path }: HttpRequest): string =>
  `${method} ${path.replace(/uploads\/[0-9a-f]+/, 'uploads/*')}`;

/** The part of an answer on which two servers must agree. */
function heard(request: HttpRequest, answer: HttpReply): string {
  const offset = answer.header('upload-offset') ?? '-';
  if (answer.status >= 400) return `${answer.status} ${(JSON.parse(answer.text) as { code: string }).code}`;
  if (answer.text === '' || request.path.endsWith('/session')) return `${answer.status} ${offset}`;
  return `${answer.status} ${agreed.to(answer.text, () => agreedOf(answer.text))}`;
}

const agreed = new Answers<string>();

function agreedOf(text: string): string {
  const { cursor, epoch, key, signature, issued_at, ...rest } = JSON.parse(text);
  void [cursor, epoch, key, signature, issued_at];
  return sorted(rest);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
