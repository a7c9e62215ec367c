import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { effectScope } from 'vue';
import type { Json } from '../../src/domain/json';
import {
  DELAY,
  failedForms,
  flushAll,
  type Saver,
  type Seen,
  unsavedForms,
  useSaver,
} from '../../src/ui/core/saver';

interface Log {
  value: Json;
  operation: string | null;
}

/** A disk that answers when told to. */
function desk(log: Record<string, Log> = {}) {
  const writes: { set: Record<string, Json>; seen: Seen }[] = [];
  let answer: { resolve: () => void; reject: (why: unknown) => void } | null = null;
  let gone = false;
  const scope = effectScope();
  const saver = scope.run(() =>
    useSaver(
      (field) => log[field] ?? { value: null, operation: null },
      (set, seen) => {
        writes.push({ set, seen });
        if (gone) return Promise.resolve();
        return new Promise<void>((resolve, reject) => {
          answer = { resolve, reject };
        });
      },
    ),
  ) as Saver;
  const finish = async () => {
    answer?.resolve();
    await vi.advanceTimersByTimeAsync(0);
  };
  const fail = async (code: string, field: string | null = null) => {
    answer?.reject(Object.assign(new Error(code), { code, field }));
    await vi.advanceTimersByTimeAsync(0);
  };
  endings.push(async () => {
    gone = true;
    answer?.resolve();
    scope.stop();
    await vi.advanceTimersByTimeAsync(0);
  });
  return { saver, writes, finish, fail, scope, log };
}

const endings: (() => Promise<void>)[] = [];

beforeEach(() => vi.useFakeTimers());
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
  expect(unsavedForms.value).toBe(0);
  expect(failedForms.value).toBe(0);
  vi.useRealTimers();
});

describe('saving what is typed', () => {
  test('one write for a burst of keys, at most 400 ms after the last', async () => {
    const { saver, writes } = desk();
    for (const text of ['蜂', '蜂窩', '蜂窩約']) {
      saver.put('text', text);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(writes).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(DELAY);
    expect(DELAY).toBeLessThanOrEqual(400);
    expect(writes.map(({ set }) => set)).toEqual([{ text: '蜂窩約' }]);
  });

  test('saved is said only after the engine said durable', async () => {
    const { saver, finish } = desk();
    saver.put('text', 'a');
    expect(saver.state).toBe('saving');
    expect(unsavedForms.value).toBe(1);
    await vi.advanceTimersByTimeAsync(DELAY);
    expect(saver.state).toBe('saving');
    await finish();
    expect(saver.state).toBe('saved');
    expect(unsavedForms.value).toBe(0);
  });

  test('leaving the page or hiding it saves at once', async () => {
    const { saver, writes } = desk();
    saver.put('text', 'a');
    window.dispatchEvent(new Event('pagehide'));
    await vi.advanceTimersByTimeAsync(0);
    expect(writes).toHaveLength(1);
  });

  test('closing or loading anew with words that are not on the disk is asked about; afterwards it is not', async () => {
    const { saver, finish } = desk();
    const leaves = () => window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
    expect(leaves()).toBe(true);
    saver.put('text', '蜂窩');
    expect(leaves()).toBe(false);
    await vi.advanceTimersByTimeAsync(0);
    await finish();
    expect([saver.state, leaves()]).toEqual(['saved', true]);
  });

  test('leaving the screen saves at once', async () => {
    const { saver, writes, scope, finish } = desk();
    saver.put('text', 'a');
    scope.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(writes).toHaveLength(1);
    await finish();
    expect(unsavedForms.value).toBe(0);
  });

  test('a failure keeps what was typed, names the field, and the next try sends it again', async () => {
    const { saver, writes, fail, finish } = desk();
    saver.put('points', 5000);
    await vi.advanceTimersByTimeAsync(DELAY);
    await fail('bad_value', 'points');
    expect(saver.state).toBe('failed');
    expect(saver.errorField).toBe('points');
    expect(saver.value('points')).toBe(5000);
    expect(failedForms.value).toBe(1);
    const again = flushAll();
    await vi.advanceTimersByTimeAsync(0);
    expect(writes).toHaveLength(2);
    await finish();
    expect(await again).toBe(true);
    expect(saver.state).toBe('saved');
    expect(failedForms.value).toBe(0);
  });

  test('what is typed while a write is under way goes with the next', async () => {
    const { saver, writes, finish } = desk();
    saver.put('text', 'a');
    await vi.advanceTimersByTimeAsync(DELAY);
    saver.put('text', 'ab');
    await finish();
    expect(saver.state).toBe('saving');
    expect(saver.value('text')).toBe('ab');
    await vi.advanceTimersByTimeAsync(DELAY);
    expect(writes.map(({ set }) => set.text)).toEqual(['a', 'ab']);
  });

  test('the patch descends from what was seen when the typing began, also when another value came meanwhile', async () => {
    const { saver, writes, log } = desk({ text: { value: 'old', operation: 'one' } });
    saver.put('text', 'mine');
    log.text = { value: 'theirs', operation: 'two' };
    saver.settle();
    expect(saver.value('text')).toBe('mine');
    await vi.advanceTimersByTimeAsync(DELAY);
    expect(writes[0]?.seen).toEqual({ text: 'one' });
  });

  test('once durable and in the log, later values of the log are shown', async () => {
    const { saver, finish, log } = desk();
    saver.put('text', 'mine');
    await vi.advanceTimersByTimeAsync(DELAY);
    await finish();
    expect(saver.value('text')).toBe('mine');
    log.text = { value: 'mine', operation: 'one' };
    saver.settle();
    log.text = { value: 'theirs', operation: 'two' };
    expect(saver.value('text')).toBe('theirs');
  });

  test('what is no value of the field is never told as saved, nor its half-typed beginning saved, until a value comes', async () => {
    const { saver, writes, finish } = desk();
    saver.put('points', 16);
    saver.hold('points', '扣點請填 0 到 20 的整數');
    expect(saver.state).toBe('failed');
    expect(saver.error).toContain('扣點');
    const all = flushAll();
    await vi.advanceTimersByTimeAsync(DELAY);
    expect(await all).toBe(false);
    expect(writes).toHaveLength(0);
    saver.put('points', 3);
    await vi.advanceTimersByTimeAsync(DELAY);
    await finish();
    expect(writes.map(({ set }) => set)).toEqual([{ points: 3 }]);
    expect(saver.state).toBe('saved');
  });
});
