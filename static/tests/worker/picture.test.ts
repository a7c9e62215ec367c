// @vitest-environment node
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readPicture, takenAt } from '../../src/worker/picture';
import { sniff } from '../../src/worker/sniff';

const bytes = (...parts: (number[] | string | Uint8Array)[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
    ),
  );

const jpeg = (width: number, height: number): Uint8Array<ArrayBuffer> =>
  bytes(
    [0xff, 0xd8, 0xff, 0xe0, 0, 16],
    'JFIF\0\x01\x01\0\0\x01\0\x01\0\0',
    [0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3],
    new Uint8Array(20),
  );

function png(width: number, height: number): Uint8Array<ArrayBuffer> {
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width);
  size.writeUInt32BE(height, 4);
  return bytes(
    [0x89],
    'PNG\r\n\x1a\n',
    [0, 0, 0, 13],
    'IHDR',
    size,
    [8, 0, 0, 0, 0],
    deflateSync(Buffer.alloc(64)),
  );
}

describe('what the bytes are', () => {
  test.each([
    ['JPEG', jpeg(4032, 3024), { type: 'image/jpeg', width: 4032, height: 3024 }],
    ['PNG', png(640, 480), { type: 'image/png', width: 640, height: 480 }],
    ['WebP', bytes('RIFF\0\0\0\0WEBPVP8 \0\0\0\0'), { type: 'image/webp', width: null, height: null }],
    ['HEIC', bytes([0, 0, 0, 24], 'ftypheic\0\0\0\0mif1'), { type: 'image/heic', width: null, height: null }],
    ['a text', bytes('this is only a text'), null],
    ['SVG', bytes('<svg xmlns="http://www.w3.org/2000/svg"/>'), null],
    ['a cut head', jpeg(10, 10).slice(0, 12), null],
  ])('%s', (_name, content, expected) => {
    expect(sniff(content)).toEqual(expected);
  });
});

describe('what must be taken again', () => {
  test.each([
    ['empty', new Uint8Array(0), 'empty'],
    ['no picture', bytes('PK\x03\x04 and so on and on'), 'not_a_picture'],
    ['a bomb, told by its header alone', png(12_000, 12_000), 'too_many_pixels'],
    ['200 megapixels', jpeg(20_000, 10_000), 'too_many_pixels'],
  ])('%s', async (_name, content, detail) => {
    expect(await readPicture(content)).toEqual({ ok: false, code: 'retake', detail });
  });
});

describe('when it was taken', () => {
  test.each([
    [{ DateTimeOriginal: '2026:11:23 10:05:00' }, '2026-11-23T02:05:00.000Z'],
    [{ DateTimeOriginal: '2026:11:23 10:05:00', OffsetTimeOriginal: '+09:00' }, '2026-11-23T01:05:00.000Z'],
    [{ DateTimeOriginal: '2026:13:40 10:05:00' }, null],
    [{}, null],
    [undefined, null],
  ])('%j', (exif, expected) => {
    expect(takenAt(exif)).toBe(expected);
  });
});
