import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{lib,tools,client,test}/**/*.test.ts'],
    exclude: ['test/browser/**', '**/node_modules/**'], // npm run test:browser
    globalSetup: ['test/harness/stack.ts'],
    setupFiles: ['test/harness/environment.ts'],
    maxWorkers: 2, // most of a test is waiting, and Vitest alone takes one fewer than there are cores
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } }, // a bound against hanging; the second of Vitest is short on a busy machine
    coverage: {
      provider: 'istanbul', // v8's own counters lose a branch now and then when many processes are merged
      include: ['lib/**', 'functions/**'],
      // Sent to browsers as text, where the counters that coverage puts into code are not.
      exclude: ['lib/pages/enhance.ts', 'lib/pages/strength.ts', '**/*.test.ts'],
      reporter: ['text', 'json-summary'],
      thresholds: { 'lib/core/**': { branches: 100 }, 'lib/dialects/**': { branches: 100 } },
    },
  },
});
