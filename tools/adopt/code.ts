// The functions' code as Lambda takes it: one zip for each, with its bundle and what that reads.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { bundleForDeployment } from '../build/bundle.ts';
import { readService } from '../deploy/service.ts';
import { buildFolder, project, root } from '../folders.ts';

/** The earliest time of a zip. With the current time, the same code would make different zips. */
const MADE = new Date(1980, 0, 1, 12);

/** What a project may add to the code. */
const OWN = ['hooks.ts', 'messages'];

/**
 * Bundles and zips every function.
 *
 * @param folder in which the zips are written
 * @throws Error with esbuild's report when the sources don't build
 */
export async function zipFunctions(folder: string): Promise<void> {
  const names = Object.keys((await readService()).functions);
  mkdirSync(folder, { recursive: true });
  for (const { name, file, files } of await bundleForDeployment(names, buildFolder)) {
    const content: Zippable = { 'package.json': readFileSync(`${buildFolder}package.json`) };
    for (const path of [file, ...files]) content[`functions/${basename(path)}`] = readFileSync(path);
    writeFileSync(`${folder}${name}.zip`, zipSync(content, { mtime: MADE, level: 9 }));
  }
}

export interface Code {
  /** The folder that has the zips, and nothing else. */
  readonly folder: string;
  readonly files: readonly string[];
  /** What the keys of the zips in the bucket begin with: another one for other code. */
  readonly prefix: string;
}

/** The zips of this project: those of the package, unless it has code or texts of its own. @throws Error as above */
export async function codeOfProject(): Promise<Code> {
  const isOwn = OWN.some((name) => existsSync(project + name));
  const folder = isOwn ? `${buildFolder}code/` : `${root}deploy/code/`;
  if (isOwn) await zipFunctions(folder);
  const files = readdirSync(folder).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(folder + file));
  return { folder, files, prefix: `gatehouse/${hash.digest('hex').slice(0, 16)}/` };
}
