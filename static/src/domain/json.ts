/** A JSON value as operations carry it. Numbers are integers within ±2^53, so canonical JSON needs no float rules. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const MAX_INT = 2 ** 53;

/** A whole number within ±2^53. */
export const isWhole = (value: unknown): value is number =>
  Number.isInteger(value) && Math.abs(value as number) <= MAX_INT;

export const sameJson = (one: Json, other: Json): boolean => canonicalJson(one) === canonicalJson(other);

/** RFC 8785: keys in UTF-16 order, no spaces, strings escaped as ECMAScript does. RangeError for other numbers. */
export const canonicalJson = (value: Json): string => written(value, wholeNumber);

/** The same with every number: for what is only compared, never signed. */
export const exactJson = (value: Json): string => written(value, JSON.stringify);

function wholeNumber(value: number): string {
  if (!isWhole(value)) throw new RangeError('no canonical form');
  return JSON.stringify(value);
}

function written(value: Json, number: (value: number) => string): string {
  if (Array.isArray(value)) return `[${value.map((item) => written(item, number)).join(',')}]`;
  if (value !== null && typeof value === 'object') return writtenObject(value, number);
  return typeof value === 'number' ? number(value) : JSON.stringify(value);
}

function writtenObject(value: { [key: string]: Json }, number: (value: number) => string): string {
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${written(value[key] as Json, number)}`);
  return `{${members.join(',')}}`;
}
