import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/harness/stack.ts'],
    setupFiles: ['test/harness/environment.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
