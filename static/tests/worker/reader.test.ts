// @vitest-environment node
import { afterEach, expect, test, vi } from 'vitest';
import { pictureReader } from '../../src/engine/pictures';

afterEach(() => vi.unstubAllGlobals());

/** Its script could not be loaded: it says so once and answers nothing, ever. */
class DeadWorker extends EventTarget {
  constructor() {
    super();
    setTimeout(() => this.dispatchEvent(new Event('error')));
  }

  postMessage(): void {
    // Nobody hears it.
  }
}

test('a worker that died keeps no picture waiting, neither the first nor the next', async () => {
  vi.stubGlobal('Worker', DeadWorker);
  vi.stubGlobal('OffscreenCanvas', class {});
  const read = pictureReader();
  const noPicture = new Uint8Array([1, 2, 3]);
  expect((await read(noPicture)).ok).toBe(false);
  expect((await read(noPicture)).ok).toBe(false);
});
