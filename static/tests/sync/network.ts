/** A line that does everything a line in the field does. */
import type { HttpReply, HttpRequest, Transport } from '../../src/sync/ports';
import { problem, reply, type SimulatedServer } from '../simulation/twin/server';
import { below, chance } from './random';

export interface Line {
  transport: Transport;
  /** the share of requests that meet a fault */
  trouble: number;
  /** called in the middle of a request; may kill the device */
  moment: (where: 'before' | 'after') => void;
  signedOut: boolean;
  /** what is sent arrives, no answer to it comes back */
  lost: boolean;
  dead: boolean;
}

const never = new Promise<never>(() => undefined);
const lost = (): never => {
  throw new TypeError('Failed to fetch');
};

export function openLine(
  server: SimulatedServer,
  account: string,
  clock: () => number,
  random: () => number,
): Line {
  const late: HttpRequest[] = [];
  const line: Line = {
    trouble: 0,
    moment: () => undefined,
    signedOut: false,
    lost: false,
    dead: false,
    transport: send,
  };
  let cached: HttpReply | null = null;
  const serve = (request: HttpRequest): HttpReply => {
    const answer = server.handle(request, account, clock());
    if (request.path === '/api/v1/sync' && answer.status === 200) cached = answer;
    return answer;
  };

  async function send(request: HttpRequest): Promise<HttpReply> {
    if (line.dead) return never;
    line.moment('before');
    if (line.dead) return never;
    const answer = chance(random, line.trouble) ? await faulty(request) : honest(request);
    line.moment('after');
    if (line.lost && request.path === '/api/v1/sync') return lost();
    return line.dead ? never : answer;
  }

  function honest(request: HttpRequest): HttpReply {
    if (line.signedOut) return problem(401, 'signed_out');
    return serve(request);
  }

  const faults: ((request: HttpRequest) => HttpReply)[] = [
    lost,
    (request) => {
      honest(request);
      return lost();
    },
    (request) => {
      honest(request);
      honest(request);
      return honest(request);
    },
    // It arrives, but only after what comes later.
    (request) => {
      late.push(request);
      return lost();
    },
    () => reply(200, '<html>Wi-Fi login</html>', { 'content-type': 'text/html' }),
    () => reply(200, '{"ok": true}', { 'content-type': 'application/json' }),
    () => reply(302, '', { location: 'http://portal.example/' }),
    () => problem(503, 'busy', { 'retry-after': '30' }),
    () => problem(429, 'slow_down'),
    () => reply(502, 'bad gateway', {}),
    () => reply(500, 'oops', { 'content-type': 'text/html' }),
    (request) => honest(spoilt(request)),
    (request) => {
      if (request.method === 'PATCH') honest(cut(request));
      return lost();
    },
    () => problem(401, 'signed_out'),
    // A cache on the way repeats what it saw before.
    (request) => (request.path === '/api/v1/sync' && cached !== null ? cached : honest(request)),
  ];

  async function faulty(request: HttpRequest): Promise<HttpReply> {
    const fault = faults[below(random, faults.length)] as (request: HttpRequest) => HttpReply;
    const answer = fault(request);
    for (const old of late.splice(0)) honest(old);
    return answer;
  }

  function spoilt(request: HttpRequest): HttpRequest {
    if (!(request.body instanceof Uint8Array)) return request;
    const body = request.body.slice();
    body[below(random, body.length)] = (body[0] ?? 0) ^ 0xff;
    return { ...request, body };
  }

  function cut(request: HttpRequest): HttpRequest {
    const body = request.body as Uint8Array;
    return { ...request, body: body.subarray(0, below(random, body.length)) };
  }

  return line;
}
