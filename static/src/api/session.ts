import type { Proof } from '../data/api';
import type { Transport } from '../sync/ports';
import { askForPerson, askJson, exchange, failure, Halt } from '../sync/reply';
import { type Session, sessionShape } from '../sync/wire';

const PATH = '/api/v1/session';
const PATIENCE = 60_000;

export const passwordOf = (proof: Proof): string => (typeof proof === 'string' ? proof : proof.password);

export interface Credentials {
  login: string;
  proof: Proof;
  device: { id: string; name: string };
}

/** At the door the server's own sentence counts: what was wrong, or when the lock ends. */
export function signIn(transport: Transport, credentials: Credentials): Promise<Session> {
  const headers = { 'content-type': 'application/json' };
  const { login, proof, device } = credentials;
  const shown = typeof proof === 'string' ? { password: proof } : proof;
  const body = JSON.stringify({ login, ...shown, device });
  const request = { method: 'POST', path: PATH, headers, body, timeout: PATIENCE } as const;
  return askForPerson(transport, request, sessionShape);
}

/**
 * All pages of a browser share one session: what is asked for this person could be answered for another. Halts with
 * `signed_out` where it is another's.
 */
export async function mustBe(transport: Transport, account: string): Promise<void> {
  const request = { method: 'GET', path: PATH, timeout: PATIENCE } as const;
  const session = await askJson<Session>(transport, request, sessionShape);
  if (session.account.id !== account) throw new Halt('signed_out');
}

export async function signOut(transport: Transport): Promise<void> {
  const reply = await exchange(transport, { method: 'DELETE', path: PATH, timeout: PATIENCE });
  // Signed out already is signed out.
  if (reply.status >= 300 && reply.status !== 401) throw failure(reply);
}
