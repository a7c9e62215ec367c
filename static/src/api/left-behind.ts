import type { LeftDevice } from '../data/api';
import type { Transport } from '../sync/ports';
import { askJson, exchange, failure } from '../sync/reply';
import { arrayOf, boolean, integer, object, type Shape, string } from '../sync/shape';

const PATH = '/api/v1/left-behind';
const PATIENCE = 60_000;
const inspection: Shape = object({
  inspection: string,
  tender: string,
  date: string,
  operations: integer,
  photos: integer,
  gaps: integer,
  previews: arrayOf(string),
});
const devices: Shape = object({
  devices: arrayOf(
    object({
      id: string,
      name: string,
      heard_at: string,
      revoked: boolean,
      inspections: arrayOf(inspection),
    }),
  ),
});

/** What this person's other devices were still to send when the server last heard them. */
export async function fetchLeftBehind(transport: Transport): Promise<LeftDevice[]> {
  const request = { method: 'GET', path: PATH, timeout: PATIENCE } as const;
  return (await askJson<{ devices: LeftDevice[] }>(transport, request, devices)).devices;
}

/** The person has dealt with it: it is told no more unless that device is heard again. */
export async function settleLeftBehind(transport: Transport, device: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const path = `${PATH}/${encodeURIComponent(device)}/settled`;
  const reply = await exchange(transport, { method: 'POST', path, headers, body: '{}', timeout: PATIENCE });
  if (reply.status >= 300) throw failure(reply);
}
