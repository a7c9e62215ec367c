// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { stampOf } from '../../src/domain/hlc';
import { entityId } from '../../src/domain/ids';
import type { Json } from '../../src/domain/json';
import {
  type Attributed,
  contentHash,
  digest,
  type Folded,
  type FoldedField,
  type Frontier,
  fold,
  type Logged,
  type Operation,
  type Team,
  undecided,
  validate,
  type Withdrawn,
  withdrawn,
} from '../../src/domain/operations';
import { vectors } from './vectors';

interface FieldCase {
  entity: string;
  entity_id: string;
  field: string;
  author: string;
  values: Json[];
}

const TEAM: Team = vectors<{ team: Team }, unknown>('validation')[0]?.input.team as Team;
const SAMPLE = vectors<{ operation: Operation }, unknown>('validation')[0]?.input.operation as Operation;

const plain = ({ value, operation }: Attributed) => ({ value, op: operation });
const field = (of: FoldedField) => ({
  ...plain(of),
  others: of.others.map(plain),
  on_behalf: of.onBehalf,
});

function shape({ entities, late, refused, conflicts, reused }: Folded) {
  const shown = Object.entries(entities).map(([key, entity]) => [
    key,
    Object.fromEntries(Object.entries(entity.fields).map(([name, of]) => [name, field(of)])),
  ]);
  return { entities: Object.fromEntries(shown), late, refused, conflicts, reused };
}

describe('the fold', () => {
  test.each(vectors<{ team: Team; log: Logged[] }, object>('fold'))('$name', ({ input, expected }) => {
    expect(shape(fold(input.log, input.team))).toEqual(expected);
    expect(shape(fold([...input.log].reverse(), input.team))).toEqual(expected);
    expect(shape(fold([...input.log, ...input.log], input.team))).toEqual(expected);
  });
});

describe('what waits for a decision', () => {
  interface Waiting {
    undecided: Folded['conflicts'];
    withdrawn: Withdrawn[];
  }
  test.each(vectors<{ team: Team; log: Logged[] }, Waiting>('deciding'))('$name', ({ input, expected }) => {
    const state = fold(input.log, input.team);
    expect({ undecided: undecided(state), withdrawn: withdrawn(state) }).toEqual(expected);
  });
});

describe('validation', () => {
  test.each(vectors<{ team: Team; operation: Operation }, string | null>('validation'))(
    '$name',
    ({ input, expected }) => {
      expect(validate(input.operation, input.team)).toBe(expected);
    },
  );

  test.each(vectors<FieldCase, (string | null)[]>('fields'))('$name', ({ input, expected }) => {
    const codes = input.values.map((value) =>
      validate(
        {
          ...SAMPLE,
          entity: input.entity,
          entity_id: input.entity_id,
          author: input.author,
          set: { [input.field]: value },
          base: {},
        },
        TEAM,
      ),
    );
    expect(codes).toEqual(expected);
  });
});

describe('identity', () => {
  interface Identity {
    operations: Operation[];
    frontier: Frontier;
  }
  interface Expected {
    content_hashes: string[];
    digest: string;
    uuids: Record<string, string>;
  }
  test.each(vectors<Identity, Expected>('identity'))('$name', ({ input, expected }) => {
    const { operations, frontier } = input;
    const inspection = operations[0]?.inspection as string;
    const uuids = Object.keys(expected.uuids).map((name) => [name, entityId(inspection, name)]);
    expect({
      content_hashes: operations.map(contentHash),
      digest: digest(operations, frontier),
      uuids: Object.fromEntries(uuids),
    }).toEqual(expected);
  });
});

describe('stamps', () => {
  interface Stamp {
    hlc: string;
    received_ms: number;
    tolerance_ms: number;
  }
  test.each(vectors<Stamp, string>('stamps'))('$name', ({ input, expected }) => {
    expect(stampOf(input.hlc, input.received_ms, input.tolerance_ms / 1000)).toBe(expected);
  });
});
