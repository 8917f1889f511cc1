// `npx gatehouse init`: a small project in the current folder. Existing files are left as they are.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { project, root } from '../folders.ts';
import { packageName } from './settings.ts';

const { values: given } = parseArgs({ options: { help: { type: 'boolean', default: false } } });

if (given.help)
  console.log('npx gatehouse init\n\nWrites a small project into this folder. It changes no existing file.');
else init();

function init(): void {
  const starter = `${root}tools/adopt/starter/`;
  for (const file of readdirSync(starter, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = `${file.parentPath}/${file.name}`.slice(starter.length).replace(/^\/+/, '');
    // npm leaves a .gitignore out of a package.
    copy(`${starter}${path}`, path === 'gitignore' ? '.gitignore' : path);
  }
  copy(`${root}page/gatehouse-client.js`, 'page/gatehouse-client.js');
  writePackage();
  console.log('\nNext: npx gatehouse dev');
}

function copy(from: string, path: string): void {
  const to = project + path;
  const known = existsSync(to);
  if (!known) {
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
  }
  console.log(`${known ? 'kept' : 'written'}`.padEnd(9) + path);
}

/** `npm install` of the package has made one; `npx` of it has not. */
function writePackage(): void {
  const path = `${project}package.json`;
  if (existsSync(path)) return;
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
  const manifest = { private: true, type: 'module', dependencies: { [packageName()]: `^${version}` } };
  writeFileSync(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
  console.log('written  package.json');
}
