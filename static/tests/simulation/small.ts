/** The smallest JPEG that the server takes as a preview: one grey component, a scan of one byte. */
const HEAD = 'ffd8' + 'ffc0000b080010001001011100' + 'ffda0008010100003f00';

/** Another one for each photo; never decoded in a story. */
export const smallJpeg = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(Buffer.from(`${HEAD}${(bytes.length % 200).toString(16).padStart(2, '0')}ffd9`, 'hex'));
