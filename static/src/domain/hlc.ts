/**
 * Hybrid logical clock: 12 hex digits of milliseconds since 1970, `-`, 4 hex digits of counter. Comparable as text.
 */
const MAX_COUNTER = 0xffff;

export function formatHlc(milliseconds: number, counter: number): string {
  return `${milliseconds.toString(16).padStart(12, '0')}-${counter.toString(16).padStart(4, '0')}`;
}

export function hlcMilliseconds(hlc: string): number {
  return Number.parseInt(hlc.slice(0, 12), 16);
}

/** The next reading: after everything seen (`last`), and not before the wall clock. */
export function nextHlc(last: string | null, now: number): string {
  if (last === null || hlcMilliseconds(last) < now) return formatHlc(Math.max(0, now), 0);
  const counter = Number.parseInt(last.slice(13), 16);
  if (counter >= MAX_COUNTER) return formatHlc(hlcMilliseconds(last) + 1, 0);
  return formatHlc(hlcMilliseconds(last), counter + 1);
}

/** The server's bound on a device's clock: no stamp lies beyond the moment of receipt plus the tolerance. */
export function stampOf(hlc: string, received: number, toleranceSeconds = 300): string {
  const bound = formatHlc(received + toleranceSeconds * 1000, 0);
  return hlc < bound ? hlc : bound;
}
