// Declarations for users of the package who write TypeScript.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { root } from '../../folders.ts';

/**
 * Writes the declarations of a module and of those that it imports. Types are checked elsewhere.
 *
 * @throws Error with the compiler's words when there is none
 */
export function declareTypes(module: string, to: string, rootDir: string): void {
  const compiler = `${root}node_modules/typescript/bin/tsc`;
  const flags = [
    '--ignoreConfig',
    '--declaration',
    '--emitDeclarationOnly',
    '--skipLibCheck',
    '--strict',
    '--noCheck',
  ];
  const settings = ['--module', 'nodenext', '--target', 'es2025', '--rootDir', rootDir, '--outDir', to];
  const { status, stdout } = spawnSync(
    process.execPath,
    [compiler, ...flags, '--allowImportingTsExtensions', ...settings, module],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The declarations of ${module} cannot be made:\n${stdout}`);
  // The compiler leaves the names of sources in declarations.
  for (const file of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts')) continue;
    const path = `${to}/${file}`;
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(from '\.[^']+)\.ts'/g, "$1.js'"));
  }
}
