import vue from '@vitejs/plugin-vue';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';

// The field app lives below /app/; its service worker is /app/sw.js and sees nothing outside.
const BASE = '/app/';

export default defineConfig({
  base: BASE,
  plugins: [
    vue(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/sw',
      filename: 'sw.ts',
      // The person decides when a new version starts (never in the middle of a visit).
      registerType: 'prompt',
      injectRegister: false,
      injectManifest: {
        globPatterns: ['**/*.{js,css,html,svg,png,webp,woff2,json,webmanifest}'],
        globIgnores: ['office/**', '**/sw.js'],
        // Absolute, so that the list means the same wherever the worker is read from.
        modifyURLPrefix: { '': BASE },
        maximumFileSizeToCacheInBytes: 6 * 1024 * 1024,
      },
      // Written by hand in public/: generated entries would be added to the list with relative addresses.
      manifest: false,
      includeManifestIcons: false,
    }),
  ],
  build: {
    // The floor that the first page and docs/operations.md name; styles are written for it, too.
    target: ['es2022', 'safari16.4', 'chrome111', 'edge111', 'firefox114'],
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    sourcemap: true,
  },
  worker: { format: 'es' },
  server: { port: 8110, proxy: { '/api': 'http://127.0.0.1:8000' } },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    passWithNoTests: true,
    testTimeout: 60_000, // a hang is noticed, a slow machine is not one
    hookTimeout: 60_000,
  },
});
