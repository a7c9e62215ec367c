/** Stands in for src/domain/operations/validation.ts in the simulation's bundle: each operation is judged once per team. */
import type { Operation, Team } from '../../../src/domain/operations/operation';
import * as shipped from '../../../src/domain/operations/validation';
import { Answers, contentOf } from './remember';

export * from '../../../src/domain/operations/validation';

const answers = new Answers<shipped.Refusal | null>();

export const refusal = (operation: Operation, team: Team): shipped.Refusal | null =>
  answers.to(`${contentOf(operation)} ${contentOf(team)}`, () => shipped.refusal(operation, team));

export const validate = (operation: Operation, team: Team): string | null =>
  refusal(operation, team)?.code ?? null;
