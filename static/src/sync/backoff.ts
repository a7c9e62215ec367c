import type { Random } from './ports';

const FIRST = 2_000;
const LONGEST = 5 * 60_000;
const LONGEST_ASKED = 60 * 60_000;

/** Milliseconds until the next attempt: doubling, half of it random so that a fleet does not come back at once; never before Retry-After. */
export function backOff(failures: number, retryAfter: number | null, random: Random): number {
  const step = Math.min(LONGEST, FIRST * 2 ** Math.max(0, failures - 1));
  const jittered = step / 2 + (step / 2) * random();
  const asked = Math.min(LONGEST_ASKED, (retryAfter ?? 0) * 1000);
  return Math.round(asked > 0 ? asked + (jittered / 2) * random() : jittered);
}

/** A parked item is tried again later and later: 1 minute, then up to 6 hours. */
export function parkFor(tries: number): number {
  return Math.min(6 * 60 * 60_000, 60_000 * 4 ** Math.min(tries, 6));
}
