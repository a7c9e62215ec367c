/** The printed range of points: a hint. A value outside warns and never blocks. */
export interface PointRange {
  low: number;
  high: number;
  /** printed with ±: may be a plus */
  either: boolean;
}

/** `[-1,-2]`, `[±2,±4]`, `[-1~-5]`, `-2`; null for a blank. RangeError when it is none of these. */
export function parseRange(text: string): PointRange | null {
  const plain = text
    .normalize('NFKC')
    .replace(/\s/g, '')
    .replaceAll('\u2212', '-')
    .replace(/^[[\]]+|[[\]]+$/g, '');
  const match = /^([±-]?)(\d{1,3})(?:[,~至]([±-]?)(\d{1,3}))?$/.exec(plain);
  if (plain === '') return null;
  if (match === null || (match[4] !== undefined && match[1] !== match[3])) throw new RangeError(text);
  const ends = [Number(match[2]), Number(match[4] ?? match[2])];
  return { low: Math.min(...ends), high: Math.max(...ends), either: match[1] === '±' };
}

export const outside = (points: number, range: PointRange | null): boolean =>
  range !== null && (points < range.low || points > range.high);

/** 4 -> Q, 5 -> W, 6 -> P, 7 -> design, 8 -> advice, 0 -> merit; null for a code of no block. */
export function blockOf(code: string): 'Q' | 'W' | 'P' | 'design' | 'advice' | 'merit' | null {
  const blocks = { '0': 'merit', '4': 'Q', '5': 'W', '6': 'P', '7': 'design', '8': 'advice' } as const;
  const first = code.split('.')[0] ?? '';
  return Object.hasOwn(blocks, first) ? blocks[first as keyof typeof blocks] : null;
}
