/**
 * How long a PIN withstands somebody who copied the disk (decision 0041: some ten thousand guesses a second). By its length
 * and its kinds of characters only: what a person chose for a reason is guessed sooner.
 */
export interface Strength {
  level: 'weak' | 'fair' | 'strong';
  /** 6 個字，只有數字 */
  made: string;
}

const KINDS = [
  { text: '數字', has: /[0-9]/, count: 10 },
  { text: '小寫字母', has: /[a-z]/, count: 26 },
  { text: '大寫字母', has: /[A-Z]/, count: 26 },
  { text: '其他字元', has: /[^0-9a-zA-Z]/, count: 33 },
];
/** Guesses that take an afternoon, and a lifetime. */
const AFTERNOON = 1e9;
const LIFETIME = 1e14;

export function strengthOf(typed: string): Strength {
  const pin = typed.normalize('NFKC');
  const kinds = KINDS.filter((kind) => kind.has.test(pin));
  const guesses = kinds.reduce((sum, kind) => sum + kind.count, 0) ** pin.length;
  const only = kinds.length === 1 ? '只有' : '';
  const made = `${pin.length} 個字，${only}${kinds.map((kind) => kind.text).join('、')}`;
  if (guesses < AFTERNOON || isRegular(pin)) return { level: 'weak', made };
  return { level: guesses < LIFETIME ? 'fair' : 'strong', made };
}

/** 111111, 121212, 123456, abcdef: tried first. */
function isRegular(pin: string): boolean {
  const steps = [...pin].slice(1).map((letter, at) => letter.charCodeAt(0) - pin.charCodeAt(at));
  return new Set(pin).size <= 2 || new Set(steps).size === 1;
}
