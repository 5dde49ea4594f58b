import { defineConfig } from 'vitest/config';

/**
 * Tests of real control planes live in test/integration, tests of pages in a real browser in test/web; everything else
 * in test/ is a unit test.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/web/**', '**/node_modules/**'],
          testTimeout: 20_000,
          expect: { poll: { timeout: 15_000 } },
        },
      },
      {
        test: {
          name: 'web',
          include: ['test/web/**/*.test.ts'],
          globalSetup: ['test/support/build-web.ts'],
          // Each file starts a browser; two at a time starve each other on two cores.
          fileParallelism: false,
          testTimeout: 40_000,
          hookTimeout: 60_000,
          // What a page shows follows what was done to it: it is waited for, never looked at once.
          expect: { poll: { timeout: 15_000 } },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // Each file starts an API server with etcd; two at a time starve each other on two cores.
          fileParallelism: false,
          testTimeout: 180_000,
          expect: { poll: { timeout: 60_000 } },
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
