/** When to send: at the start, when the line goes or comes back or the page does, soon after each save, and each minute. */
const MINUTE = 60_000;
const SOON = 1_500;

export interface Triggers {
  /** something was saved: send soon, once for a burst of saves */
  saved(): void;
  stop(): void;
}

/** `send(eager)`: eager when the line came back, so that no back-off holds it up. Background Sync does not exist in Safari. */
export function startTriggers(send: (eager: boolean) => void): Triggers {
  const listening = new AbortController();
  const { signal } = listening;
  let soon: ReturnType<typeof setTimeout> | null = null;
  const minute = setInterval(() => send(false), MINUTE);
  if (typeof addEventListener === 'function') {
    addEventListener('online', () => send(true), { signal });
    // It reaches nobody, and the strip says so at once, not after the next save.
    addEventListener('offline', () => send(false), { signal });
    if (typeof document !== 'undefined')
      document.addEventListener('visibilitychange', () => document.hidden || send(false), { signal });
  }
  send(false);
  return {
    saved() {
      if (soon !== null) clearTimeout(soon);
      soon = setTimeout(() => send(false), SOON);
    },
    stop() {
      listening.abort();
      clearInterval(minute);
      if (soon !== null) clearTimeout(soon);
    },
  };
}
