/** When nobody has touched the tablet for a while. */
const LIMIT = 15 * 60_000;
const LOOK = 5_000;
const TOUCHES = ['pointerdown', 'keydown', 'input', 'wheel'] as const;

/**
 * Calls `rest` after fifteen minutes without a touch, again after each further fifteen. While the page is seen its own
 * clock counts, so that a corrected time of day locks nobody out; asleep, only the time of day goes on.
 */
export function watchIdle(rest: () => void): () => void {
  let touched = performance.now();
  let hiddenAt: number | null = null;
  const touch = (): void => {
    touched = performance.now();
  };
  const look = (): void => {
    if (performance.now() - touched < LIMIT) return;
    touch();
    rest();
  };
  const turned = (): void => {
    if (document.visibilityState === 'hidden') hiddenAt = Date.now();
    else if (hiddenAt !== null && Date.now() - hiddenAt >= LIMIT) rest();
    look();
  };
  for (const name of TOUCHES) window.addEventListener(name, touch, { capture: true, passive: true });
  document.addEventListener('visibilitychange', turned);
  const timer = setInterval(look, LOOK);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', turned);
    for (const name of TOUCHES) window.removeEventListener(name, touch, { capture: true });
  };
}
