// node upload.mjs STATIC ENDPOINT AUTHORIZATION SHA256 FILE CHUNK: tus-js-client sends one photo; a line per accepted chunk.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [folder, endpoint, authorization, sha256, file, chunk] = process.argv.slice(2);
const tus = createRequire(`${folder}/package.json`)('tus-js-client');

new tus.Upload(readFileSync(file), {
  endpoint,
  headers: { Authorization: authorization },
  metadata: { sha256, filename: 'photo.jpg' },
  chunkSize: Number(chunk),
  retryDelays: Array(240).fill(500),
  onChunkComplete: (_size, accepted) => process.stdout.write(`${accepted}\n`),
  onSuccess: () => process.exit(0),
  onError: (error) => {
    process.stderr.write(`${error}\n`);
    process.exit(1);
  },
}).start();
