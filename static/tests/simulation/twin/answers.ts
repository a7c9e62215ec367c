/** Answers as they come over the line, and how a server dies in a simulation. */
import type { HttpReply } from '../../../src/sync/ports';

export function reply(status: number, text: string, headers: Record<string, string>): HttpReply {
  return { status, text, header: Object.assign((name: string) => headers[name] ?? null, { headers }) };
}

export const json = (status: number, value: unknown): HttpReply =>
  reply(status, JSON.stringify(value), { 'content-type': 'application/json' });

export const problem = (status: number, code: string, headers: Record<string, string> = {}): HttpReply =>
  reply(status, JSON.stringify({ type: 'about:blank', title: code, status, code, detail: '' }), {
    'content-type': 'application/problem+json',
    ...headers,
  });

/** The process is gone; what was durable stays. */
export class Killed extends Error {}

/** Before or after the `nth` durable point (a commit, a stored file) of one request. */
export interface Kill {
  when: 'before' | 'after';
  nth: number;
}

/** Counts the durable points of one request; at the chosen one the server dies. */
export class Durably {
  #seen = 0;

  constructor(private readonly kill: Kill | null) {}

  run<T>(work: () => T): T {
    this.#seen += 1;
    this.#dieIf('before');
    const result = work();
    this.#dieIf('after');
    return result;
  }

  #dieIf(when: Kill['when']): void {
    if (this.kill?.when === when && this.kill.nth === this.#seen) throw new Killed();
  }
}
