import { defineConfig } from 'vitest/config';

/** The tests that take minutes: `npm run test:long`. */
export default defineConfig({
  test: {
    include: ['{test,client}/**/*.long.ts'],
    globalSetup: ['test/harness/stack.ts'],
    setupFiles: ['test/harness/environment.ts'],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
