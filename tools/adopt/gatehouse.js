#!/usr/bin/env node
// `npx gatehouse <command>`: finds a Node that is new enough and runs tools/adopt/main.ts with it, for the project in
// the current folder. JavaScript of old, since an older Node reads this first.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const here = dirname(fileURLToPath(import.meta.url));

const node = newEnoughNode();
if (node === undefined) {
  console.error(
    `Gatehouse needs Node ${NEEDED} or newer, but this is ${process.versions.node}: install it from https://nodejs.org, or run \`npm install node@${NEEDED}\` in this folder.`,
  );
  process.exit(1);
}

// Node itself strips no types below node_modules. Workers take the flags from the command line, other programs from the variable.
const flags = [
  '--disable-warning=ExperimentalWarning',
  `--import=${new URL('strip-types.js', import.meta.url)}`,
];
const child = spawn(node, [...flags, join(here, 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: {
    ...process.env,
    GATEHOUSE_PROJECT: process.cwd(),
    NODE_OPTIONS: [process.env.NODE_OPTIONS, ...flags].filter(Boolean).join(' '),
  },
});
// From a terminal Ctrl-C reaches the child by itself; twice would cut its tidying short.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// npx ends without a word to us: a stack that nobody sees any more would keep its ports.
const starter = process.ppid;
if (process.argv[2] === 'dev')
  setInterval(() => process.ppid !== starter && child.kill('SIGTERM'), 250).unref();
child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
child.once('error', (error) => {
  console.error(`Node could not be started: ${error.message}`);
  process.exit(1);
});

/** This one, one that is installed in the project, or the one that comes with the package on Linux x64. */
function newEnoughNode() {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED) return process.execPath;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  try {
    const name = `node-${process.platform}-${process.arch}`;
    const file = join(
      dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)),
      'bin',
      program,
    );
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
