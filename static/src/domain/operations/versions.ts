/**
 * Operations of earlier forms, the twin of inspect_app/domain/operations/versions.py. An operation is never edited: it is
 * kept, hashed and sent as it was frozen. Only what *reads* it, the fold and an edit of a draft, sees it in the present form.
 */
import type { Operation } from './operation';
import { SCHEMA } from './validation';

export type Step = (operation: Operation) => Operation;

/** schema -> how an operation of it becomes one of the next. A step stays for good; empty, since 1 is the first released. */
export const STEPS = new Map<number, Step>();

/** The operation in the present form; one that no steps lead from stays as it is (`validate` then refuses it). */
export function present(operation: Operation): Operation {
  let read = operation;
  while (read.schema < SCHEMA) {
    const step = STEPS.get(read.schema);
    if (step === undefined) return operation;
    read = { ...step(read), schema: read.schema + 1 };
  }
  return read;
}
