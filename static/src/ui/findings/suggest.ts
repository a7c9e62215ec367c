/** What a code makes likely; only fills what the inspector has not chosen. */
import { blockOf, sentence } from '../../domain/catalogue';
import type { Json } from '../../domain/json';
import type { Patch } from '../../domain/operations';
import type { CatalogueRow } from '../../engine';

export function kindOf(code: string): 'defect' | 'design' | 'advice' {
  const block = blockOf(code);
  return block === 'design' || block === 'advice' ? block : 'defect';
}

/** 4.01 is the owner's part of the table, 4.02 supervision's, the rest the contractor's. */
export function partyOf(code: string): string {
  if (code.startsWith('4.01')) return 'owner';
  return code.startsWith('4.02') ? 'supervision' : 'contractor';
}

const ASPECTS: Record<string, string> = {
  '7.01': 'safety',
  '7.02': 'constructability',
  '7.03': 'maintainability',
};

const aspectOf = (code: string): string | null => ASPECTS[code.slice(0, 4)] ?? null;

/** The patch of choosing a code. What was written by hand stays; what came from the row before gives way. */
export function choosing(
  row: CatalogueRow,
  before: CatalogueRow | undefined,
  value: (field: string) => Json,
): Patch {
  const kind = kindOf(row.code);
  const text = value('text');
  const ticks = Array.isArray(value('ticks')) ? (value('ticks') as number[]) : [];
  const built = before !== undefined && text === sentence(before.text, ticks);
  const patch: Patch = { kind, code: row.code, ticks: [] };
  if (text === null || text === '' || built) patch.text = sentence(row.text, []);
  const guessed = <T>(field: string, guess: (code: string) => T): boolean =>
    value(field) === null || (before !== undefined && value(field) === guess(before.code));
  if (kind === 'defect' && guessed('party', partyOf)) patch.party = partyOf(row.code);
  if (kind === 'design' && guessed('aspect', aspectOf)) patch.aspect = aspectOf(row.code);
  return patch;
}
