/** A small seeded generator (mulberry32): one seed decides a whole story. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const below = (random: () => number, limit: number): number => Math.floor(random() * limit);

/** UUIDv7-shaped ids that sort by making, from a counter: a story needs no real time. */
export function counted(device: number): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `${last.toString(16).padStart(8, '0')}-0000-7000-8000-${device.toString(16).padStart(12, '0')}`;
  };
}
