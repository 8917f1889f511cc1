import { afterAll, beforeAll, vi } from 'vitest';

/**
 * Gives the tests of a `describe` functions that are imported anew, as a container just started has them: they read
 * their configuration, and open their database, when they are imported.
 *
 * @param variables of their environment, in place of the stack's
 */
export function functionsWith(
  variables: () => Record<string, string> | Promise<Record<string, string>>,
): void {
  beforeAll(async () => {
    vi.resetModules();
    for (const [name, value] of Object.entries(await variables())) vi.stubEnv(name, value);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });
}
