/** The server's copies of the keys with which this device's rows were sealed. Keys as hex. */
import type { Transport } from '../sync/ports';
import { askForPerson, askJson, Halt } from '../sync/reply';
import { arrayOf, object, string } from '../sync/shape';

const PATH = '/api/v1/device-key';
const PATIENCE = 60_000;
const headers = { 'content-type': 'application/json' };

/** Any number of times. Resolves only when our server has said which key it has. */
export async function keepDeviceKey(transport: Transport, key: string, fingerprint: string): Promise<void> {
  const body = JSON.stringify({ key });
  const request = { method: 'PUT', path: PATH, headers, body, timeout: PATIENCE } as const;
  const kept = await askJson<{ fingerprint: string }>(transport, request, object({ fingerprint: string }));
  if (kept.fingerprint !== fingerprint) throw new Halt('not_our_server');
}

/** The public half of the key with which this device signs. Resolves only when our server has said that it has it. */
export async function keepWitnessKey(transport: Transport, key: string): Promise<void> {
  const body = JSON.stringify({ key });
  const request = { method: 'PUT', path: `${PATH}/witness`, headers, body, timeout: PATIENCE } as const;
  const kept = await askJson<{ key: string }>(transport, request, object({ key: string }));
  if (kept.key !== key) throw new Halt('not_our_server');
}

/** For the password, on the device that they are of: the newest first. */
export async function releaseDeviceKeys(transport: Transport, password: string): Promise<string[]> {
  const body = JSON.stringify({ password });
  const path = `${PATH}/release`;
  const request = { method: 'POST', path, headers, body, timeout: PATIENCE } as const;
  return (await askForPerson<{ keys: string[] }>(transport, request, object({ keys: arrayOf(string) }))).keys;
}
