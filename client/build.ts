// Builds the package into client/dist: one minified module per entry, and declarations. `npm pack` does it too.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));
const compiler = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));

const { outputFiles } = await build({
  absWorkingDir: folder,
  entryPoints: ['src/index.ts', 'src/verify.ts'],
  outdir: 'dist',
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  minify: true,
  write: false,
});
rmSync(`${folder}dist`, { recursive: true, force: true });
mkdirSync(`${folder}dist`);
for (const { path, contents } of outputFiles) {
  writeFileSync(path, contents);
  const gzipped = gzipSync(contents).length;
  console.log(`${basename(path).padEnd(10)} ${contents.length} bytes, ${gzipped} gzipped`);
}
execFileSync(process.execPath, [compiler, '-p', folder], { stdio: 'inherit' });
// The compiler leaves the names of sources in declarations, which TypeScript before 5.0 refuses.
for (const name of readdirSync(`${folder}dist`).filter((file) => file.endsWith('.d.ts'))) {
  const text = readFileSync(`${folder}dist/${name}`, 'utf8');
  writeFileSync(`${folder}dist/${name}`, text.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"));
}
