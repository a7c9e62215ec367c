import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchIdle } from '../../src/ui/app/idle';

const MINUTE = 60_000;
let rests = 0;
let stop: () => void = () => undefined;
beforeEach(() => {
  vi.useFakeTimers();
  rests = 0;
  stop = watchIdle(() => {
    rests += 1;
  });
});
afterEach(() => {
  stop();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const see = (state: 'hidden' | 'visible'): void => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
  document.dispatchEvent(new Event('visibilitychange'));
};

test('fifteen minutes without a touch lock; a touch begins them anew', () => {
  vi.advanceTimersByTime(14 * MINUTE);
  window.dispatchEvent(new Event('keydown'));
  vi.advanceTimersByTime(14 * MINUTE);
  expect(rests).toBe(0);
  vi.advanceTimersByTime(2 * MINUTE);
  expect(rests).toBe(1);
});

test('a corrected time of day locks nobody out while the page is seen', () => {
  vi.setSystemTime(Date.now() + 3 * 86_400_000);
  vi.advanceTimersByTime(MINUTE);
  expect(rests).toBe(0);
});

test('a tablet that slept long enough is locked when it is woken; a short look elsewhere is none', () => {
  see('hidden');
  vi.setSystemTime(Date.now() + 5 * MINUTE);
  see('visible');
  expect(rests).toBe(0);
  see('hidden');
  vi.setSystemTime(Date.now() + 16 * MINUTE);
  see('visible');
  expect(rests).toBe(1);
});
