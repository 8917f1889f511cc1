// Before `npm start` and `npm test`, on any Node: one sentence in place of the stack that a missing package would cause.
// JavaScript, since an old Node cannot read anything else.
import { existsSync } from 'node:fs';

const NEEDED = 24; // npm ci installs it for this folder, and npm puts it first on the PATH

const [major] = process.versions.node.split('.');
if (!existsSync(new URL('../node_modules/esbuild', import.meta.url)))
  stop('The dependencies are not installed: run `npm ci` first.');
if (Number(major) < NEEDED)
  stop(
    `This is Node ${process.versions.node}, but Node ${NEEDED} is needed: \`npm ci\` installs it for this folder, or install it yourself.`,
  );

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}
