// @vitest-environment node
/** What the tablet calls the log's codes is what the office and the record call them: tests/vectors/words.json. */
import { describe, expect, it } from 'vitest';
import {
  ASPECTS,
  ATTENDANCE,
  entityWord,
  fieldWord,
  JUDGEMENTS,
  KINDS,
  PARTIES,
  SEVERITIES,
  TESTS,
  textOf,
  USES,
} from '../../src/ui/core/words';
import { vectors } from '../domain/vectors';

const of = (list: readonly { value: string; text: string }[]) => (code: string) => textOf(list, code);
const WORDS: Record<string, (code: string) => string> = {
  severity: of(SEVERITIES),
  party: of(PARTIES),
  kind: of(KINDS),
  aspect: of(ASPECTS),
  use: of(USES),
  test: of(TESTS),
  judgement: of(JUDGEMENTS),
  attendance: of(ATTENDANCE),
  entity: entityWord,
  field: fieldWord,
};

describe('the words for codes', () => {
  it.each(vectors<string[], string[]>('words'))('$name', ({ name, input, expected }) => {
    expect(input.map((code) => WORDS[name]?.(code))).toEqual(expected);
  });
});
