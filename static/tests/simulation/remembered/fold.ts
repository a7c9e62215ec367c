/** Stands in for src/domain/operations/fold.ts in the simulation's bundle: the same fold, each log folded once. */
import * as shipped from '../../../src/domain/operations/fold';
import type { Folded, Logged, Team } from '../../../src/domain/operations/operation';
import { Answers, contentOf } from './remember';

export * from '../../../src/domain/operations/fold';

const answers = new Answers<Folded>();

export function fold(logged: Iterable<Logged>, team: Team): Folded {
  const items = [...logged];
  let question = `${contentOf(team)}`;
  for (const { operation, stamp } of items) question += ` ${contentOf(operation)} ${stamp}`;
  return answers.to(question, () => shipped.fold(items, team));
}
