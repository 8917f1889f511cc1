// Where the local parts find the repository, put what they build and keep what they store.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's own folder, or that of the installed package. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const { GATEHOUSE_PROJECT } = process.env;

/** Whether `npx gatehouse` runs this in a project of its own, which installed the package. */
export const installed = GATEHOUSE_PROJECT !== undefined;

/** Whoever runs this has their settings, hooks and data here: the project, else the repository. */
export const project = GATEHOUSE_PROJECT === undefined ? root : `${resolve(GATEHOUSE_PROJECT)}/`;

/** Bundles as they are deployed; everything in here can be deleted at any time. */
export const buildFolder = `${project}.build/`;

/** Bundles of the running code: not minified, so that a stack trace can be read. */
export const liveFolder = `${buildFolder}live/`;

/** Data and secrets of this machine; never committed, never deployed. */
export const dataFolder = `${project}.local/`;

/** How whoever reads a message types a command: `npm run users --` in the repository, `npx gatehouse users` in a project. */
export function typed(command: string): string {
  if (command === 'start') return installed ? 'npx gatehouse dev' : 'npm start';
  return installed ? `npx gatehouse ${command}` : `npm run ${command} --`;
}
