import type { Catalogue, Package, PackageLine } from '../data/api';
import { applied, type Delta, type Members, marks } from '../domain/packages';
import type { Transport } from '../sync/ports';
import { askJson, exchange, failure, Halt, Rejected } from '../sync/reply';
import { any, arrayOf, nullable, object, optional, type Shape, string } from '../sync/shape';

const PATIENCE = 120_000;

const line: Shape = object({
  inspection: string,
  phase: string,
  date: optional(nullable(string)),
  district: optional(nullable(string)),
});
const lines: Shape = object({ packages: arrayOf(line) });
const packageShape: Shape = object({
  inspection: string,
  version: any,
  phase: string,
  role: string,
  visit: object({ team: arrayOf(object({ account: string, name: string, role: string })) }),
});
const deltaShape: Shape = object({
  inspection: string,
  set: object({}),
  drop: arrayOf(string),
  hash: string,
});
const row: Shape = object({ code: string, kind: string, text: string });
const catalogueShape: Shape = object({ id: string, hash: string, rows: arrayOf(row) });

export async function listPackages(transport: Transport): Promise<PackageLine[]> {
  const path = '/api/v1/packages';
  const reply = await askJson<{ packages: PackageLine[] }>(
    transport,
    { method: 'GET', path, timeout: PATIENCE },
    lines,
  );
  return reply.packages;
}

export function fetchPackage(transport: Transport, inspection: string): Promise<Package> {
  const path = `/api/v1/packages/${inspection}`;
  return askJson(transport, { method: 'GET', path, timeout: PATIENCE }, packageShape);
}

/**
 * The same package from what changed since the one held here, once it is released. null where this cannot be had: before
 * the release, from an older server, or when the result is not what the server holds. Then the whole is to be taken.
 */
export async function fetchChanges(transport: Transport, held: Package): Promise<Package | null> {
  const base = held as unknown as Members;
  const path = `/api/v1/packages/${held.inspection}/changes`;
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ held: marks(base) });
  try {
    const request = { method: 'POST', path, headers, body, timeout: PATIENCE } as const;
    const result = applied(base, await askJson<Delta>(transport, request, deltaShape));
    return packageShape(result) ? (result as unknown as Package) : null;
  } catch (error) {
    if (error instanceof Rejected || isNotOurs(error)) return null;
    throw error;
  }
}

const isNotOurs = (error: unknown): boolean => error instanceof Halt && error.problem === 'not_our_server';

/** The leader or a planner says "we are here": the visit is released. */
export async function announceArrival(transport: Transport, inspection: string): Promise<void> {
  const path = `/api/v1/packages/${inspection}/arrival`;
  const headers = { 'content-type': 'application/json' };
  const reply = await exchange(transport, { method: 'POST', path, headers, body: '{}', timeout: PATIENCE });
  if (reply.status >= 300) throw failure(reply);
}

export function fetchCatalogue(transport: Transport, edition: string): Promise<Catalogue> {
  const path = `/api/v1/catalogue/${encodeURIComponent(edition)}`;
  return askJson(transport, { method: 'GET', path, timeout: PATIENCE }, catalogueShape);
}
