import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Phrase } from '../../src/domain/catalogue';

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../inspect_app/domain/data/${name}`, import.meta.url)), 'utf8');

export interface ShippedRow {
  code: string;
  parent: string;
  kind: string;
  text: string;
  range: string;
}

/** The table that comes with the program, as its CSV says. */
export function shippedRows(): ShippedRow[] {
  const [head = [], ...lines] = parsed(read('defect-codes.csv'));
  const at = (line: string[], name: string): string => line[head.indexOf(name)] ?? '';
  return lines.map((line) => ({
    code: at(line, 'code'),
    parent: at(line, 'parent'),
    kind: at(line, 'kind'),
    text: at(line, 'name_zh'),
    range: at(line, 'point_range'),
  }));
}

export function shippedPhrases(): Phrase[] {
  const data = JSON.parse(read('phrases.json')) as { text: string; zhuyin: string; codes: string[] }[];
  return data.map(({ text, zhuyin, codes }) => ({ text, zhuyin: zhuyin.split(/\s+/), codes }));
}

function parsed(csv: string): string[][] {
  const lines = csv
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  return lines.map((line) =>
    Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), (cell) =>
      cell[1] === undefined ? (cell[2] ?? '') : cell[1].replaceAll('""', '"'),
    ),
  );
}
