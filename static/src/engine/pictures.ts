/** Asks the worker; where workers or OffscreenCanvas are missing, or the worker dies, the page does the work itself. */
import { type PictureResult, readPicture } from '../worker/picture';
import type { About } from './witness';

export type ReadPicture = (bytes: Uint8Array<ArrayBuffer>, about?: About) => Promise<PictureResult>;

export function pictureReader(): ReadPicture {
  if (typeof Worker === 'undefined' || typeof OffscreenCanvas === 'undefined') return readOnPage;
  return inWorker(new Worker(new URL('../worker/photo.worker.ts', import.meta.url), { type: 'module' }));
}

function inWorker(worker: Worker): ReadPicture {
  const waiting = new Map<number, (result: PictureResult | null) => void>();
  let last = 0;
  let dead = false;
  worker.addEventListener('message', (event: MessageEvent<{ id: number; result: PictureResult }>) => {
    waiting.get(event.data.id)?.(event.data.result);
    waiting.delete(event.data.id);
  });
  worker.addEventListener('error', () => {
    // It may never have been loaded: who asks from here on would wait for ever.
    dead = true;
    for (const answer of waiting.values()) answer(null);
    waiting.clear();
  });
  return async (bytes) => {
    if (dead) return readOnPage(bytes);
    const id = ++last;
    const answer = new Promise<PictureResult | null>((resolve) => waiting.set(id, resolve));
    // A copy goes: the page keeps the bytes that it will store.
    worker.postMessage({ id, bytes });
    return (await answer) ?? readOnPage(bytes);
  };
}

async function readOnPage(bytes: Uint8Array<ArrayBuffer>): Promise<PictureResult> {
  return readPicture(bytes, onPage);
}

async function onPage(bitmap: ImageBitmap, width: number, height: number): Promise<Blob> {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', 0.75),
  );
}
