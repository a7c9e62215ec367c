/** A shape says whether a decoded JSON value is what was promised. Unknown extra members are allowed. */
export type Shape = (value: unknown) => boolean;

export const any: Shape = (value) => value !== undefined;
export const string: Shape = (value) => typeof value === 'string';
export const boolean: Shape = (value) => typeof value === 'boolean';
export const integer: Shape = (value) => Number.isSafeInteger(value);
export const nullable =
  (shape: Shape): Shape =>
  (value) =>
    value === null || shape(value);
export const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined || shape(value);
export const arrayOf =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape);
export const object =
  (members: Record<string, Shape>): Shape =>
  (value) =>
    isRecord(value) && Object.entries(members).every(([name, shape]) => shape(value[name]));

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
