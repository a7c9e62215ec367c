// The simulation as one file for Node: the client's modules as the PWA imports them (docs/proof.md, ring A).
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default {
  input: here('tests/simulation/main.ts'),
  platform: 'node',
  resolve: {
    alias: {
      uuid: here('tests/simulation/uuid.ts'),
      '@noble/hashes/sha2.js': here('tests/simulation/sha2.ts'),
    },
  },
  output: { format: 'esm', sourcemap: 'inline' },
};
