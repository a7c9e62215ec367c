/** One photo: hash first, then what it is, its EXIF and a small picture. Runs in the worker, or on the page where there is none. */
import exifr from 'exifr';
import { sha256 } from './hash';
import { sniff } from './sniff';

export const MOST_PIXELS = 100_000_000;
const THUMBNAIL = 320;

export interface Position {
  latitude: number;
  longitude: number;
  accuracy: number | null;
}

export interface Picture {
  sha256: string;
  type: string;
  width: number;
  height: number;
  /** ISO UTC, from EXIF; null when the camera did not say */
  takenAt: string | null;
  position: Position | null;
  thumbnail: Uint8Array;
  /** what the device signed of it, as the upload carries it */
  witness?: string;
}

export type PictureResult = { ok: true; picture: Picture } | { ok: false; code: 'retake'; detail: string };

/** Draws a bitmap small and encodes it as JPEG. */
export type Draw = (bitmap: ImageBitmap, width: number, height: number) => Promise<Blob>;

export async function readPicture(
  bytes: Uint8Array<ArrayBuffer>,
  draw: Draw = offscreen,
): Promise<PictureResult> {
  const hash = await sha256(bytes);
  const kind = sniff(bytes);
  if (kind === null) return retake(bytes.length === 0 ? 'empty' : 'not_a_picture');
  if ((kind.width ?? 0) * (kind.height ?? 0) > MOST_PIXELS) return retake('too_many_pixels');
  try {
    const small = await shrink(new Blob([bytes], { type: kind.type }), draw);
    return { ok: true, picture: { sha256: hash, type: kind.type, ...small, ...(await exifOf(bytes)) } };
  } catch {
    return retake('undecodable');
  }
}

const retake = (detail: string): PictureResult => ({ ok: false, code: 'retake', detail });

async function shrink(photo: Blob, draw: Draw): Promise<Pick<Picture, 'width' | 'height' | 'thumbnail'>> {
  const bitmap = await createImageBitmap(photo);
  try {
    const { width, height } = bitmap;
    const scale = Math.min(1, THUMBNAIL / Math.max(width, height));
    const side = (length: number): number => Math.max(1, Math.round(length * scale));
    const small = await draw(bitmap, side(width), side(height));
    return { width, height, thumbnail: new Uint8Array(await small.arrayBuffer()) };
  } finally {
    bitmap.close();
  }
}

async function offscreen(bitmap: ImageBitmap, width: number, height: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.75 });
}

interface Exif {
  DateTimeOriginal?: unknown;
  OffsetTimeOriginal?: unknown;
  latitude?: unknown;
  longitude?: unknown;
  GPSHPositioningError?: unknown;
}

/** A photo without EXIF, or with a broken one, is a photo all the same. */
async function exifOf(bytes: Uint8Array): Promise<Pick<Picture, 'takenAt' | 'position'>> {
  try {
    const exif = (await exifr.parse(bytes, { reviveValues: false, gps: true, exif: true })) as
      | Exif
      | undefined;
    return { takenAt: takenAt(exif), position: position(exif) };
  } catch {
    return { takenAt: null, position: null };
  }
}

/** Cameras write local time; without an offset that is Taiwan's. */
export function takenAt(exif: Exif | undefined): string | null {
  const parts = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(String(exif?.DateTimeOriginal ?? ''));
  if (parts === null) return null;
  const offset = /^[+-]\d\d:\d\d$/.test(String(exif?.OffsetTimeOriginal))
    ? exif?.OffsetTimeOriginal
    : '+08:00';
  const moment = new Date(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}${offset}`);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}

function position(exif: Exif | undefined): Position | null {
  const { latitude, longitude, GPSHPositioningError: error } = exif ?? {};
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return null;
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
  return { latitude, longitude, accuracy: typeof error === 'number' && error >= 0 ? error : null };
}
