/** What the bytes are, by their content, and how many pixels: read from the header, so that a bomb is never decoded. */
export interface Sniffed {
  type: 'image/jpeg' | 'image/png' | 'image/webp' | 'image/heic';
  /** null where the header does not say in a known way */
  width: number | null;
  height: number | null;
}

export function sniff(bytes: Uint8Array): Sniffed | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16) return null;
  if (view.getUint16(0) === 0xffd8) return { type: 'image/jpeg', ...jpegSize(view) };
  if (view.getUint32(0) === 0x89504e47) return { type: 'image/png', ...pngSize(view) };
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP')
    return { type: 'image/webp', ...UNKNOWN };
  if (ascii(bytes, 4, 8) === 'ftyp' && /^(hei[cfmsx]|hev[cmsx]|mif1|msf1)$/.test(ascii(bytes, 8, 12)))
    return { type: 'image/heic', ...UNKNOWN };
  return null;
}

type Size = { width: number | null; height: number | null };
const UNKNOWN: Size = { width: null, height: null };

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

function pngSize(view: DataView): Size {
  return view.byteLength < 24 ? UNKNOWN : { width: view.getUint32(16), height: view.getUint32(20) };
}

/** Walks the segments to the frame header (SOF0-SOF15 without DHT, JPG and DAC). */
function jpegSize(view: DataView): Size {
  let at = 2;
  while (at + 9 < view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    at += 2 + view.getUint16(at + 2);
  }
  return UNKNOWN;
}
