/**
 * What changed between two packages: only the parts whose content is another travel (docs/sync-protocol.md section 5).
 * The Python twin is inspect_app/domain/packages.py; both are held to tests/vectors/packages.json.
 */
import { sha256Hex } from './digest';
import { exactJson, type Json } from './json';

export type Members = { [name: string]: Json };

export interface Delta {
  /** part -> its new value */
  set: Members;
  /** parts that are no longer there */
  drop: string[];
  /** SHA-256 (hex) of the result */
  hash: string;
}

/** Hex digits of a mark; the hash of the whole is checked at the end. */
const MARK = 16;

/** `edition`, `visit/team`, `tender/name`: members, and members of members. */
export function parts(from: Members): Map<string, Json> {
  return new Map(Object.entries(from).flatMap(([name, value]) => partsOf(name, value)));
}

function partsOf(name: string, value: Json): [string, Json][] {
  const inner = isObject(value) ? Object.entries(value) : [];
  if (inner.length === 0) return [[name, value]];
  return inner.map(([key, part]) => [`${name}/${key}`, part]);
}

/** Part -> mark: what this device says of the package that it holds. */
export function marks(held: Members): Record<string, string> {
  const marked = [...parts(held)].map(([name, value]) => [name, hash(value).slice(0, MARK)]);
  return Object.fromEntries(marked) as Record<string, string>;
}

/** The package after the change; null when the result is not what its hash says: take the whole instead. */
export function applied(held: Members, { set, drop, hash: wanted }: Delta): Members | null {
  const left = parts(held);
  for (const name of drop) left.delete(name);
  for (const [name, value] of Object.entries(set)) left.set(name, value);
  const result = packageOf(left);
  return result !== null && hash(result) === wanted ? result : null;
}

/** null when two parts ask for one place. */
function packageOf(left: Map<string, Json>): Members | null {
  const found = new Map<string, Json>();
  const inner = new Map<string, [string, Json][]>();
  for (const [name, value] of left) {
    const cut = name.indexOf('/');
    const outer = name.slice(0, cut);
    if (cut < 0) found.set(name, value);
    else inner.set(outer, [...(inner.get(outer) ?? []), [name.slice(cut + 1), value]]);
  }
  if ([...inner.keys()].some((name) => found.has(name))) return null;
  for (const [name, members] of inner) found.set(name, Object.fromEntries(members));
  return Object.fromEntries(found);
}

const hash = (value: Json): string => sha256Hex(exactJson(value));

const isObject = (value: Json): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
