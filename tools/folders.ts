// Where the local parts find the repository, put what they build and keep what they store.
import { fileURLToPath } from 'node:url';

/** The repository's own folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Bundles as they are deployed; everything in here can be deleted at any time. */
export const buildFolder = `${root}.build/`;

/** Bundles of the running code: not minified, so that a stack trace can be read. */
export const liveFolder = `${root}.build/live/`;

/** Data and secrets of this machine; never committed, never deployed. */
export const dataFolder = `${root}.local/`;
