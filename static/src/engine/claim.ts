/**
 * A lock that is taken over from a page that the system has frozen (decision 0045). Phones and iPads stop the pages behind
 * the visible one, and such a page keeps its lock: the one that the person looks at would wait to send for as long.
 */

/** Where those who wait ask and those who hold answer; what stands in the way of a page is told by its silence. */
export interface Ether {
  post(message: Message): void;
  listen(heard: (message: Message) => void): () => void;
}

export interface Message {
  kind: 'ask' | 'here';
  name: string;
}

export interface Patience {
  /** milliseconds: before each question, and for each answer */
  pause: number;
  /** nobody else's page is stopped for one that is itself not looked at */
  visible: () => boolean;
}

/** Questions in a row without an answer, before the holder counts as frozen. */
const SILENCES = 2;
const BROWSER: Patience = { pause: 3_000, visible: () => document.visibilityState === 'visible' };

type Request = (
  request: (given: (lock: Lock | null) => Promise<void> | undefined) => Promise<unknown>,
) => Promise<(() => void) | null>;
export type Claim = (name: string, until: AbortSignal) => Promise<(() => void) | null>;

/** `held` asks for a lock and answers how to let go of it. The ether is opened with the first claim. */
export function claims(locks: LockManager, held: Request, open = browserEther, patience = BROWSER): Claim {
  const mine = new Set<string>();
  let opened: Ether | null = null;
  const heard = (): Ether => {
    opened ??= answering(open(), mine);
    return opened;
  };
  const take = (name: string, options: LockOptions): Promise<(() => void) | null> =>
    held((given) =>
      locks
        .request(name, options, (lock) => {
          mine.add(name);
          return given(lock);
        })
        .finally(() => mine.delete(name)),
    );
  return async (name, until) => {
    const ether = heard();
    const queue = new AbortController();
    const leave = (): void => queue.abort();
    until.addEventListener('abort', leave);
    if (until.aborted) leave();
    let over = false;
    const queued = take(name, { signal: queue.signal }).finally(() => {
      over = true;
      until.removeEventListener('abort', leave);
    });
    const first = await Promise.race([queued, silent(ether, patience, name, () => over)]);
    if (first !== 'silent') return first;
    leave();
    // It may have come in this very moment.
    return (await queued) ?? take(name, { steal: true });
  };
}

/** The ether, in which questions for what is `mine` are answered. */
function answering(ether: Ether, mine: ReadonlySet<string>): Ether {
  ether.listen(({ kind, name }) => {
    if (kind === 'ask' && mine.has(name)) ether.post({ kind: 'here', name });
  });
  return ether;
}

/** Resolves when whoever holds the lock does not answer; never after the wait is over. */
async function silent(
  ether: Ether,
  patience: Patience,
  name: string,
  over: () => boolean,
): Promise<'silent'> {
  for (let silences = 0; silences < SILENCES; ) {
    await sleep(patience.pause);
    if (over()) return new Promise(() => undefined);
    silences = (await isSilent(ether, patience, name)) ? silences + 1 : 0;
  }
  return over() ? new Promise(() => undefined) : 'silent';
}

/** A page that was asleep or out of sight itself has heard nothing, whatever was said. */
async function isSilent(ether: Ether, { pause, visible }: Patience, name: string): Promise<boolean> {
  let answered = false;
  const deaf = ether.listen((message) => {
    answered ||= message.kind === 'here' && message.name === name;
  });
  const asked = Date.now();
  const seen = visible();
  ether.post({ kind: 'ask', name });
  await sleep(pause);
  deaf();
  return !answered && seen && visible() && Date.now() - asked < 2 * pause;
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function browserEther(): Ether {
  const channel = new BroadcastChannel('inspect-app/locks');
  const listeners = new Set<(message: Message) => void>();
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    for (const heard of [...listeners]) heard(data);
  };
  return {
    post: (message) => channel.postMessage(message),
    listen(heard) {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
  };
}
