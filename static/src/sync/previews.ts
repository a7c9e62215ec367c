/**
 * Small pictures ahead of their originals: the office sees what a finding looks like while its photo is still here. A
 * preview stands for nothing: one that the server does not take holds up neither text nor photo, and is not tried again.
 */
import { timeoutFor } from './exchange';
import type { PreviewJob, SyncStore, Transport } from './ports';
import { exchange, failure, Rejected } from './reply';

/** What the server takes; a larger one is not sent. */
export const MOST_PREVIEW = 64 * 1024;

/** One after another until there is none left. A lost line ends the run, as for everything else. */
export async function sendPreviews(store: SyncStore, transport: Transport): Promise<void> {
  for (let job = await store.nextPreview(); job !== null; job = await store.nextPreview())
    await store.previewDone(job.sha256, await send(transport, job));
}

async function send(transport: Transport, job: PreviewJob): Promise<'sent' | 'refused'> {
  if (job.bytes.length === 0 || job.bytes.length > MOST_PREVIEW) return 'refused';
  const finding = job.finding === null ? '' : `&finding=${job.finding}`;
  const reply = await exchange(transport, {
    method: 'PUT',
    path: `/api/v1/previews/${job.sha256}?inspection=${job.inspection}${finding}`,
    headers: { 'content-type': 'image/jpeg' },
    body: job.bytes,
    timeout: timeoutFor(job.bytes.length),
  });
  if (reply.status === 204) return 'sent';
  const error = failure(reply);
  if (error instanceof Rejected) return 'refused';
  throw error;
}
