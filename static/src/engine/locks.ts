import { type Claim, claims } from './claim';

/** One writer per inspection, one sender per person, over all tabs of the profile. */
export interface Locks {
  /** Holds the lock until the returned function is called; null when another has it. */
  take(name: string): Promise<(() => void) | null>;
  /** Waits for the lock; null when the wait was given up. */
  wait(name: string, until: AbortSignal): Promise<(() => void) | null>;
  /** The same, and takes it from a page that the system has frozen: for work that two may do at once without harm. */
  claim?: Claim;
}

export function browserLocks(): Locks {
  if (typeof navigator !== 'undefined' && navigator.locks !== undefined) return webLocks(navigator.locks);
  return pageLocks();
}

function webLocks(locks: LockManager): Locks {
  return {
    take: (name) => heldBy((given) => locks.request(name, { ifAvailable: true }, given)),
    wait: (name, signal) => heldBy((given) => locks.request(name, { signal }, given)),
    ...(typeof BroadcastChannel === 'undefined' ? {} : { claim: claims(locks, heldBy) }),
  };
}

type Given = (lock: Lock | null) => Promise<void> | undefined;

export function heldBy(request: (given: Given) => Promise<unknown>): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    const given: Given = (lock) => {
      if (lock === null) return void resolve(null);
      return new Promise<void>((release) => resolve(release));
    };
    request(given).catch(() => resolve(null));
  });
}

/** Within one page only: where the browser has no Web Locks, and in tests (share one among the "tabs"). */
export function pageLocks(): Locks {
  const queues = new Map<string, (() => void)[]>();
  const release = (name: string) => (): void => {
    const next = queues.get(name)?.shift();
    if (next === undefined) queues.delete(name);
    else next();
  };
  const take = async (name: string): Promise<(() => void) | null> => {
    if (queues.has(name)) return null;
    queues.set(name, []);
    return once(release(name));
  };
  return { take, wait: (name, signal) => waitIn(queues, name, signal, take, () => once(release(name))) };
}

async function waitIn(
  queues: Map<string, (() => void)[]>,
  name: string,
  signal: AbortSignal,
  take: Locks['take'],
  own: () => () => void,
): Promise<(() => void) | null> {
  const free = await take(name);
  if (free !== null || signal.aborted) return free;
  return new Promise((resolve) => {
    const turn = (): void => resolve(own());
    queues.get(name)?.push(turn);
    signal.addEventListener('abort', () => {
      const queue = queues.get(name);
      const at = queue?.indexOf(turn) ?? -1;
      if (at >= 0) queue?.splice(at, 1);
      resolve(null);
    });
  });
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
