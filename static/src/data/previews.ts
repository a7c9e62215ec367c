/** Which small picture goes next, and how far that has got. All functions run inside the caller's transaction. */
import type { Operation } from '../domain/operations';
import type { PreviewJob } from '../sync/ports';
import { UNSENT } from './log';
import type { FieldDatabase } from './schema';

/** Only of what everybody on the team may see at once: never of a score paper or a signed one. */
const OPEN_USES = new Set(['evidence', 'site']);

/** The small picture of a photo whose operation waits for the original; null when there is none left to send. */
export async function nextPreview(db: FieldDatabase): Promise<PreviewJob | null> {
  const photos = await db.photos.where('state').anyOf('local', 'uploading').toArray();
  const open = new Set(photos.filter((it) => it.preview === undefined && it.kept).map((it) => it.sha256));
  if (open.size === 0) return null;
  for (const operation of await waitingPhotos(db)) {
    const sha256 = String(operation.set.sha256);
    const thumbnail = open.has(sha256) ? await db.thumbnails.get(sha256) : undefined;
    if (thumbnail === undefined) continue;
    const finding = typeof operation.set.finding === 'string' ? operation.set.finding : null;
    return { sha256, inspection: operation.inspection, finding, bytes: thumbnail.bytes };
  }
  return null;
}

async function waitingPhotos(db: FieldDatabase): Promise<Operation[]> {
  const rows = await db.operations
    .where('state')
    .anyOf([...UNSENT])
    .toArray();
  const shown = ({ entity, set }: Operation) =>
    entity === 'photo' && OPEN_USES.has(String(set.use)) && set.deleted !== true;
  return rows.map((row) => row.operation).filter(shown);
}
