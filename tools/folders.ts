// The folders of the repository, of builds and of local data.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's own folder, or that of the installed package. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const { GATEHOUSE_PROJECT } = process.env;

/** Whether `npx gatehouse` runs this in a project of its own, which installed the package. */
export const installed = GATEHOUSE_PROJECT !== undefined;

/** The folder with the settings, hooks and data: the project, or else the repository. */
export const project = GATEHOUSE_PROJECT === undefined ? root : `${resolve(GATEHOUSE_PROJECT)}/`;

/** Bundles as they are deployed; everything in here can be deleted at any time. */
export const buildFolder = `${project}.build/`;

/** Bundles of the running code: not minified, so that a stack trace can be read. */
export const liveFolder = `${buildFolder}live/`;

/** Data and secrets of this machine; never committed, never deployed. */
export const dataFolder = `${project}.local/`;

/** How commands are written in messages: `npm run users --` in the repository, `npx gatehouse users` in a project. */
export function typed(command: string): string {
  if (command === 'start') return installed ? 'npx gatehouse dev' : 'npm start';
  return installed ? `npx gatehouse ${command}` : `npm run ${command} --`;
}
