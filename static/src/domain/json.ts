/** A JSON value as operations carry it. Numbers are integers within ±2^53, so canonical JSON needs no float rules. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const MAX_INT = 2 ** 53;

/** A whole number within ±2^53. */
export const isWhole = (value: unknown): value is number =>
  Number.isInteger(value) && Math.abs(value as number) <= MAX_INT;

export const sameJson = (one: Json, other: Json): boolean => canonicalJson(one) === canonicalJson(other);

/** RFC 8785: keys in UTF-16 order, no spaces, strings escaped as ECMAScript does. RangeError for other numbers. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') return canonicalObject(value);
  if (typeof value === 'number' && !isWhole(value)) throw new RangeError('no canonical form');
  return JSON.stringify(value);
}

function canonicalObject(value: { [key: string]: Json }): string {
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`);
  return `{${members.join(',')}}`;
}
