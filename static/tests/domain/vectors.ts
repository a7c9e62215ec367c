import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Case<Input, Expected> {
  name: string;
  input: Input;
  expected: Expected;
}

/** The cases to which the Python side is held, too. */
export function vectors<Input, Expected>(name: string): Case<Input, Expected>[] {
  const path = fileURLToPath(new URL(`../../../tests/vectors/${name}.json`, import.meta.url));
  const cases = JSON.parse(readFileSync(path, 'utf8')) as Case<Input, Expected>[];
  if (cases.length === 0) throw new Error(`${name}: no cases`);
  return cases;
}
