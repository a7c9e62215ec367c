/** The visit's edition of the defect table, as this device took it along. */
import { computed, shallowRef } from 'vue';
import { type Phrase, search } from '../../domain/catalogue';
import type { Catalogue, CatalogueRow } from '../../engine';
import type { Inspection } from './inspection';

export interface Table {
  /** the edition's name; a mix calls itself one */
  readonly label: string;
  /** false until it is loaded; stays false where the tablet did not take it along */
  readonly ready: boolean;
  row(code: unknown): CatalogueRow | undefined;
  find(query: string): CatalogueRow[];
  under(code: string): CatalogueRow[];
}

const FOUND_AT_MOST = 40;

/** `blocks`: the first digits that count here (`4 5 6 7 8` for findings, `0` for merits). */
export function useTable(inspection: Inspection, blocks: readonly string[]) {
  const catalogue = useCatalogue(inspection);
  return computed(() => tableOf(catalogue.value, blocks));
}

export function useCatalogue(inspection: Inspection) {
  const catalogue = shallowRef<Catalogue | null>(null);
  const edition = inspection.state.value.package?.edition;
  if (edition) void inspection.engine.catalogue(edition).then((found) => (catalogue.value = found));
  return catalogue;
}

export function tableOf(catalogue: Catalogue | null, blocks: readonly string[]): Table {
  const rows = (catalogue?.rows ?? []).filter((row) => blocks.includes(row.code.charAt(0)));
  const byCode = new Map(rows.map((row) => [row.code, row]));
  const children = new Map<string, CatalogueRow[]>();
  for (const row of rows) children.set(row.parent, [...(children.get(row.parent) ?? []), row]);
  const phrases = phrasesOf(catalogue?.phrases);
  const under = (code: string): CatalogueRow[] =>
    (children.get(code) ?? []).flatMap((row) => (row.kind === 'heading' ? [row] : [row, ...under(row.code)]));
  return {
    label: catalogue?.label ?? '',
    ready: catalogue !== null,
    row: (code) => (typeof code === 'string' ? byCode.get(code) : undefined),
    find: (query) => search(rows, query, phrases, FOUND_AT_MOST),
    under,
  };
}

/** As the edition carries them; the syllables as a list or with spaces between. */
function phrasesOf(value: unknown): Phrase[] {
  return Array.isArray(value) ? value.map(phraseOf).filter((it) => it !== null) : [];
}

function phraseOf(value: { text?: unknown; zhuyin?: unknown; codes?: unknown } | null): Phrase | null {
  if (typeof value?.text !== 'string' || !Array.isArray(value.codes)) return null;
  const { text, zhuyin, codes } = value;
  const syllables =
    typeof zhuyin === 'string' ? zhuyin.split(' ') : Array.isArray(zhuyin) ? zhuyin.map(String) : [];
  return { text, zhuyin: syllables, codes: codes.map(String) };
}

/** The printed range as a text, `[-1,-2]`; '' where none is printed. */
export const rangeText = (row: CatalogueRow | undefined): string => row?.range ?? '';
