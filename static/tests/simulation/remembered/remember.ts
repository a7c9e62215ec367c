/**
 * Answers of pure functions, kept by what they were asked: within a story, and in stories alike, the same question comes again.
 * Not many, or a long campaign spends its time on looking through its memory.
 */
import type { Operation, Team } from '../../../src/domain/operations';

const MOST = 5_000;

/** One function's answers. They are shared, so nobody may change them. */
export class Answers<V> {
  readonly #known = new Map<string, V>();

  to(question: string, work: () => V): V {
    const known = this.#known.get(question);
    if (known !== undefined) return known;
    const answer = work();
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(question, answer);
    return answer;
  }
}

const numbers = new Map<string, number>();
let last = 0;
const known = new WeakMap<object, number>();

/** A number for what stands in an operation or a team, the same for the same content. Both are made once and never changed. */
export function contentOf(value: Operation | Team): number {
  const found = known.get(value);
  if (found !== undefined) return found;
  const text = JSON.stringify(value);
  const number = numbers.get(text) ?? ++last;
  if (numbers.size >= MOST) numbers.clear();
  numbers.set(text, number);
  known.set(value, number);
  return number;
}
