// @vitest-environment node
/** A page that the system froze keeps its lock and answers nobody; the one that is looked at takes it over. */
import { expect, test, vi } from 'vitest';
import { type Claim, claims, type Ether, type Message } from '../../src/engine/claim';
import { heldBy } from '../../src/engine/locks';

let names = 0;
const fresh = (): string => `send-${++names}`;

/** Pages of one browser; a frozen one neither hears nor speaks. */
function browser() {
  const pages: ((message: Message) => void)[] = [];
  function page(visible = true): { claim: Claim; freeze(frozen: boolean): void } {
    const state = { frozen: false };
    const heard = new Set<(message: Message) => void>();
    const own = (message: Message): void => {
      if (!state.frozen) for (const each of [...heard]) each(message);
    };
    pages.push(own);
    const ether: Ether = {
      post(message) {
        if (!state.frozen) for (const each of pages) if (each !== own) queueMicrotask(() => each(message));
      },
      listen(each) {
        heard.add(each);
        return () => heard.delete(each);
      },
    };
    const claim = claims(navigator.locks, heldBy, () => ether, { pause: 40, visible: () => visible });
    return {
      claim,
      freeze(frozen) {
        state.frozen = frozen;
      },
    };
  }
  return { page };
}

const never = (): AbortSignal => new AbortController().signal;
const isHeld = async (name: string): Promise<boolean> =>
  ((await navigator.locks.query()).held ?? []).some((lock) => lock.name === name);
const patience = (milliseconds: number): Promise<string> =>
  new Promise((resolve) => setTimeout(() => resolve('waits'), milliseconds));

test('a frozen holder is not waited for; awake again it neither answers for the lock nor frees the other’s', async () => {
  const { page } = browser();
  const [back, front, third] = [page(), page(), page()];
  const name = fresh();
  const release = await back.claim(name, never());
  back.freeze(true);
  const taken = await front.claim(name, never());
  expect(taken).toBeTypeOf('function');
  back.freeze(false);
  release?.();
  expect(await isHeld(name)).toBe(true);
  front.freeze(true);
  expect(await third.claim(name, never())).toBeTypeOf('function');
});

test('a holder that answers is waited for, however long it takes, and then followed', async () => {
  const { page } = browser();
  const [back, front] = [page(), page()];
  const name = fresh();
  const release = await back.claim(name, never());
  const claimed = front.claim(name, never());
  expect(await Promise.race([claimed, patience(400)])).toBe('waits');
  release?.();
  const taken = await claimed;
  taken?.();
  await vi.waitFor(async () => expect(await isHeld(name)).toBe(false), { timeout: 20_000 });
});

test('a page that nobody looks at takes nothing over', async () => {
  const { page } = browser();
  const [back, behind] = [page(), page(false)];
  const name = fresh();
  await back.claim(name, never());
  back.freeze(true);
  const given = new AbortController();
  const claimed = behind.claim(name, given.signal);
  expect(await Promise.race([claimed, patience(400)])).toBe('waits');
  given.abort();
  expect(await claimed).toBeNull();
});
