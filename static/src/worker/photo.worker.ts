import { readPicture } from './picture';

export interface PhotoRequest {
  id: number;
  bytes: Uint8Array<ArrayBuffer>;
}

declare const self: DedicatedWorkerGlobalScope;

self.addEventListener('message', async (event: MessageEvent<PhotoRequest>) => {
  const { id, bytes } = event.data;
  self.postMessage({ id, result: await readPicture(bytes) });
});
