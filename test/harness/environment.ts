import { inject } from 'vitest';

// Functions read their configuration when they are imported: the stack's environment has to be there before.
Object.assign(process.env, inject('stack').environment);
