/** What an operation is by its content: canonical bytes, hashes, digests, and the photos it refers to. */
import { sha256Hex } from '../digest';
import { canonicalJson, type Json } from '../json';
import type { Operation } from './operation';

export type Frontier = Record<string, number>;

/** The frozen bytes of the wire: exactly the known members, `on_behalf` always present. */
export function operationText(operation: Operation): string {
  const { id, device, seq, inspection, entity, entity_id, set, base, hlc, author, schema, on_behalf } =
    operation;
  const behalf = on_behalf ? { member: on_behalf.member, photo: on_behalf.photo } : null;
  const plain = {
    id,
    device,
    seq,
    inspection,
    entity,
    entity_id,
    set,
    base,
    hlc,
    author,
    schema,
    on_behalf: behalf,
  };
  return canonicalJson(plain as Json);
}

/** SHA-256 (hex) of the canonical JSON of the operation. */
export const contentHash = (operation: Operation): string => sha256Hex(operationText(operation));

/** Whether a frontier {device: seq} covers the operation. */
export const inside = (operation: Operation, frontier: Frontier): boolean =>
  operation.seq <= (frontier[operation.device] ?? 0);

/** SHA-256 (hex) over `<device>:<seq>:<id>:<content hash>` lines of what the frontier covers, each operation once. */
export function digest(operations: Iterable<Operation>, frontier: Frontier): string {
  const covered = new Map<string, Operation>();
  for (const operation of operations) if (inside(operation, frontier)) covered.set(operation.id, operation);
  const lines = [...covered.values()].sort(byPlace).map(line);
  return sha256Hex(lines.join(''));
}

function byPlace(one: Operation, other: Operation): number {
  return compare(one.device, other.device) || one.seq - other.seq || compare(one.id, other.id);
}

export const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const line = (operation: Operation): string =>
  `${operation.device}:${operation.seq}:${operation.id}:${contentHash(operation)}\n`;

/** The highest seq of every device. */
export function frontierOf(operations: Iterable<Operation>): Frontier {
  const frontier: Frontier = {};
  for (const { device, seq } of operations) frontier[device] = Math.max(frontier[device] ?? 0, seq);
  return frontier;
}

/** Hashes of the photos that must be on the server before this operation may be sent. */
export function photosOf(operation: Operation): string[] {
  const named = [
    operation.entity === 'photo' ? operation.set.sha256 : null,
    operation.entity === 'signature' ? operation.set.photo : null,
    operation.on_behalf?.photo,
  ];
  return [...new Set(named.filter((hash): hash is string => typeof hash === 'string'))];
}
