import { vi } from 'vitest';
import type { Hooks } from '../../lib/core/hooks.ts';

const NONE = { beforeSignUp: undefined, claims: undefined, findLegacy: undefined, onError: undefined };

/** Lets functions that are imported from now on have these in the place of lib/hooks.ts, as if they were compiled in. */
export function compileIn(hooks: Hooks): void {
  vi.doMock('../../lib/hooks.ts', () => ({ ...NONE, ...hooks }));
}

export function leaveOutHooks(): void {
  vi.doUnmock('../../lib/hooks.ts');
}
