import { defineConfig } from 'vitest/config';

/** The tests that Stryker runs: those of the core and the tokens, which need nothing that has to be started. */
export default defineConfig({
  test: {
    include: ['lib/core/**/*.test.ts', 'lib/tokens/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
