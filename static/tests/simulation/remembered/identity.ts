/** Stands in for src/domain/operations/identity.ts in the simulation's bundle: texts and digests are made once per content. */
import * as shipped from '../../../src/domain/operations/identity';
import type { Operation } from '../../../src/domain/operations/operation';
import { Answers, contentOf } from './remember';

export * from '../../../src/domain/operations/identity';

const texts = new Answers<string>();
const hashes = new Answers<string>();
const digests = new Answers<string>();

export const operationText = (operation: Operation): string =>
  texts.to(`${contentOf(operation)}`, () => shipped.operationText(operation));

export const contentHash = (operation: Operation): string =>
  hashes.to(`${contentOf(operation)}`, () => shipped.contentHash(operation));

export function digest(operations: Iterable<Operation>, frontier: shipped.Frontier): string {
  const items = [...operations];
  const question = `${JSON.stringify(frontier)} ${items.map(contentOf).join()}`;
  return digests.to(question, () => shipped.digest(items, frontier));
}
