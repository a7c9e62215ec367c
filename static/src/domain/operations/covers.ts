import { closingId, signatureId } from '../ids';
import type { Operation, Team } from './operation';
import { ownerOf } from './validation';

/** Keys of the closing and signature whose frontier covers an operation. */
export function coversOf(operation: Operation, team: Team): string[] {
  const closing = `closing:${closingId(operation.inspection)}`;
  if (operation.entity !== 'score_sheet') return [closing];
  const owner = ownerOf(operation, team) ?? '';
  return [closing, `signature:${signatureId(operation.inspection, owner)}`];
}
