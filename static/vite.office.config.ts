import { defineConfig } from 'vite';

// Assets of the server-rendered office pages, served by Flask under /office/assets/.
// Fixed names: the templates name them, the server answers with ETag and no-cache.
export default defineConfig({
  base: '/office/assets/',
  publicDir: false,
  build: {
    // The floor that the first page and docs/operations.md name; styles are written for it, too.
    target: ['es2022', 'safari16.4', 'chrome111', 'edge111', 'firefox114'],
    outDir: 'dist/office',
    emptyOutDir: true,
    chunkSizeWarningLimit: 1200, // the charts, fetched only by pages that have one
    assetsInlineLimit: 0,
    rollupOptions: {
      checks: { eval: false }, // htmx holds one; main.ts switches it off
      input: { office: 'src/office/main.ts' },
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        assetFileNames: '[name][extname]',
      },
    },
  },
});
