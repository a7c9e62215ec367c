/** Reading what the server's package says of the tender; a missing member is an empty text. */
import type { Json } from '../../domain/json';

type Source = Record<string, Json> | null | undefined;

/** The first of the members that is a text or number; a firm or agency given as an object counts by its name. */
export function textIn(source: Source, ...names: string[]): string {
  for (const name of names) {
    const found = plain(source?.[name] ?? null);
    if (found !== '') return found;
  }
  return '';
}

function plain(value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? plain(value.name ?? null)
    : '';
}

export function numberIn(source: Source, name: string): number | null {
  const value = source?.[name];
  return typeof value === 'number' ? value : null;
}

/** District and place, the district once. */
export function placeIn(source: Source): string {
  const [district, place] = [textIn(source, 'district'), textIn(source, 'place')];
  return place.startsWith(district) ? place : `${district} ${place}`.trim();
}
