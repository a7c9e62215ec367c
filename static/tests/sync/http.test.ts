// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { httpTransport } from '../../src/sync/http';

const MINUTE = 60_000;
const REQUEST = { method: 'POST', path: '/api/v1/sync', body: '{}', timeout: MINUTE } as const;

/** A server whose answer comes in pieces, when the test says so. */
function answering(status = 200) {
  const line = { send: (_text: string): void => undefined, end: (): void => undefined };
  vi.stubGlobal('fetch', async (_path: string, { signal }: RequestInit) => {
    const body = new ReadableStream<Uint8Array>({
      start(control) {
        line.send = (text) => control.enqueue(new TextEncoder().encode(text));
        line.end = () => control.close();
        signal?.addEventListener('abort', () => control.error(signal.reason));
      },
    });
    return new Response(body, { status, headers: { 'content-type': 'application/json' } });
  });
  return line;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('an answer', () => {
  test('that comes slowly is read to its end, however long it takes', async () => {
    const line = answering();
    const asked = httpTransport(REQUEST);
    const pieces = [...'{"text":"蜂窩"}'];
    for (const piece of pieces) {
      await vi.advanceTimersByTimeAsync(MINUTE / 2);
      line.send(piece);
    }
    line.end();
    expect(await asked).toMatchObject({ status: 200, text: '{"text":"蜂窩"}' });
  });

  test('that stops coming is given up', async () => {
    const line = answering();
    const asked = httpTransport(REQUEST).then(
      () => 'answered',
      (error: DOMException) => error.name,
    );
    await vi.advanceTimersByTimeAsync(MINUTE / 2);
    line.send('{"results": [');
    await vi.advanceTimersByTimeAsync(MINUTE - 1);
    line.send('{');
    await vi.advanceTimersByTimeAsync(MINUTE + 1);
    expect(await asked).toBe('TimeoutError');
  });

  test('that never begins is given up', async () => {
    vi.stubGlobal(
      'fetch',
      (_path: string, { signal }: RequestInit) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    );
    const asked = httpTransport(REQUEST).catch((error: DOMException) => error.name);
    await vi.advanceTimersByTimeAsync(MINUTE + 1);
    expect(await asked).toBe('TimeoutError');
  });

  test('without a body is empty, and leaves no timer behind', async () => {
    vi.stubGlobal('fetch', async () => new Response(null, { status: 204 }));
    expect(await httpTransport(REQUEST)).toMatchObject({ status: 204, text: '' });
    expect(vi.getTimerCount()).toBe(0);
  });
});
