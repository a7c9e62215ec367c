import type { PhotoMeta, PhotoUse } from '../data/api';
import type { Patch } from '../domain/operations';
import type { Picture } from '../worker/picture';

/** The `photo` entity of a picture. Position: what the tablet measured, else the camera's, else none; never invented. */
export function photoPatch(
  picture: Picture,
  size: number,
  meta: PhotoMeta,
  finding: string | null,
  use: PhotoUse,
): Patch {
  const { sha256, type, width, height } = picture;
  const taken = meta.takenAt ?? picture.takenAt;
  const caption = meta.caption ?? null;
  const patch: Patch = {
    sha256,
    size,
    type,
    width,
    height,
    use,
    finding,
    caption,
    taken_at: taken,
    retake: false,
  };
  const known = { ...patch, ...placeOf(meta, picture) };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null));
}

function placeOf(meta: PhotoMeta, picture: Picture): Patch {
  const position = meta.position ?? picture.position;
  if (position === null || position === undefined) return {};
  const { latitude, longitude, accuracy } = position;
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return {};
  const metres = accuracy === null || !Number.isFinite(accuracy) ? null : Math.round(accuracy);
  return { lat_e7: Math.round(latitude * 1e7), lon_e7: Math.round(longitude * 1e7), accuracy_m: metres };
}
