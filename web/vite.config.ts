import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The pages become hashed files of our own: nothing inline, nothing from elsewhere. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // The first of each that know light-dark(); earlier ones would be given another style sheet.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // A small picture inside a style would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
