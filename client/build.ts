// Builds the package into client/dist: a readable module and its declarations for each source. `npm pack` does it too.
// Whoever bundles them minifies them; whoever does not can read a stack trace.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const compiler = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));

rmSync(`${folder}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [compiler, '-p', folder], { stdio: 'inherit' });
// The compiler leaves the names of sources in declarations, which TypeScript before 5.0 refuses.
for (const name of readdirSync(`${folder}dist`).filter((file) => file.endsWith('.d.ts'))) {
  const text = readFileSync(`${folder}dist/${name}`, 'utf8');
  writeFileSync(`${folder}dist/${name}`, text.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"));
}
