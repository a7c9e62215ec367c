// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/domain/digest';
import { exactJson } from '../../src/domain/json';
import { applied, type Delta, type Members, marks, parts } from '../../src/domain/packages';
import { below, seeded } from '../simulation/random';
import { vectors } from './vectors';

interface Expected extends Delta {
  marks: Record<string, string>;
}

describe('what changed in a package', () => {
  test.each(vectors<{ held: Members; package: Members }, Expected>('packages'))(
    '$name',
    ({ input, expected }) => {
      expect(marks(input.held)).toEqual(expected.marks);
      const result = applied(input.held, expected);
      expect(exactJson(result)).toBe(exactJson(input.package));
    },
  );

  test('the change between any two leads from one to the other; with a part lost it leads nowhere', () => {
    const random = seeded(36);
    for (let round = 0; round < 300; round += 1) {
      const [held, wanted] = [anyPackage(random), anyPackage(random)];
      const delta = changes(held, wanted);
      expect(applied(held, delta)).toEqual(wanted);
      const [first] = Object.keys(delta.set);
      if (first === undefined) continue;
      const { [first]: _lost, ...set } = delta.set;
      expect(applied(held, { ...delta, set })).toBeNull();
    }
  });

  test('two parts for one place, and names that mean something to the language, are no package', () => {
    const held = { tender: {} };
    const hash = sha256Hex(exactJson({ tender: { name: 'x' } }));
    expect(applied(held, { set: { 'tender/name': 'x' }, drop: [], hash })).toBeNull();
    expect(applied(held, { set: { '__proto__/polluted': 'x' }, drop: [], hash })).toBeNull();
    expect(({} as Members).polluted).toBeUndefined();
  });
});

/** The server's side, as inspect_app/domain/packages.py has it. */
function changes(held: Members, wanted: Members): Delta {
  const [known, present] = [marks(held), marks(wanted)];
  const set = [...parts(wanted)].filter(([name]) => known[name] !== present[name]);
  const drop = Object.keys(known).filter((name) => present[name] === undefined);
  return { set: Object.fromEntries(set), drop, hash: sha256Hex(exactJson(wanted)) };
}

function anyPackage(random: () => number): Members {
  const value = () => [null, 0, 1.5, 'a', [], {}, [1, { b: 2 }]][below(random, 7)] ?? null;
  const members = () => Object.fromEntries(['x', 'y'].slice(below(random, 3)).map((name) => [name, value()]));
  const names = ['visit', 'tender', 'history', 'edition'].filter(() => random() < 0.7);
  return Object.fromEntries(names.map((name) => [name, random() < 0.5 ? members() : value()]));
}
