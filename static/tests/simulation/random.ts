/** A small seeded generator (mulberry32): one seed decides a whole story. */
export function seeded(seed: number): (() => number) & { at: { state: number } } {
  // Where it stands can be seen from outside: it is part of a story's state (whole.ts).
  const at = { state: seed >>> 0 };
  const draw = (): number => {
    at.state = (at.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at.state ^ (at.state >>> 15), at.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return Object.assign(draw, { at });
}

export const below = (random: () => number, limit: number): number => Math.floor(random() * limit);

/** UUIDv7-shaped ids that sort by making, from a counter: a story needs no real time. As in real ones no two end alike. */
export function counted(device: number): (() => string) & { at: { last: number } } {
  const at = { last: 0 };
  const next = (): string => {
    at.last += 1;
    const [number, whose] = [at.last.toString(16).padStart(8, '0'), device.toString(16).padStart(4, '0')];
    return `${number}-0000-7000-8000-${whose}${number}`;
  };
  return Object.assign(next, { at });
}
