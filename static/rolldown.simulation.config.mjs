// The simulation as one file for Node: the client's modules as the PWA imports them (docs/proof.md, ring A).
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// Pure functions whose answers are kept; each stand-in asks the shipped one (SIMULATION_PLAIN=1: nobody stands in).
const REMEMBERED = {
  'src/domain/operations/fold.ts': 'fold.ts',
  'src/domain/operations/identity.ts': 'identity.ts',
  'src/domain/operations/validation.ts': 'validation.ts',
  'src/worker/hash.ts': 'hash.ts',
};

const standIns = new Map(
  Object.entries(process.env.SIMULATION_PLAIN ? {} : REMEMBERED).map(([shipped, file]) => [
    here(shipped),
    here(`tests/simulation/remembered/${file}`),
  ]),
);

const remembered = {
  name: 'remembered',
  async resolveId(source, importer, options) {
    const found = await this.resolve(source, importer, { ...options, skipSelf: true });
    const other = found && standIns.get(found.id);
    return other && other !== importer ? other : found;
  },
};

// Private fields by plain names, so that a story's whole state can be read (tests/simulation/whole.ts); nothing else changes.
const PRIVATE = /(?<=^|[\s.!([*])#(?=[a-zA-Z_])/gm;

const open = {
  name: 'open',
  transform(code, id) {
    if (id.includes('node_modules')) return null;
    return { code: code.replace(PRIVATE, '__'), map: null };
  },
};

export default {
  input: here('tests/simulation/main.ts'),
  platform: 'node',
  plugins: [remembered, open],
  resolve: {
    alias: {
      uuid: here('tests/simulation/uuid.ts'),
      '@noble/hashes/sha2.js': here('tests/simulation/sha2.ts'),
    },
  },
  output: { format: 'esm', sourcemap: 'inline' },
};
