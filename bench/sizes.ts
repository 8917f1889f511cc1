// What `serverless package` made: the zip of each function, and its bundle as it is imported.
//   npm run build
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { buildFolder, root } from '../local/folders.ts';

const zips = readdirSync(`${root}.serverless`).filter((file) => file.endsWith('.zip'));
if (zips.length === 0) throw new Error('There is no zip in .serverless: run `npx serverless package` first.');

console.log(`${'function'.padEnd(18)}${'zip'.padStart(10)}${'bundle'.padStart(12)}`);
for (const zip of zips) {
  const name = zip.replace('.zip', '');
  const zipped = statSync(`${root}.serverless/${zip}`).size;
  const bundle = readFileSync(`${buildFolder}functions/${name}.js`).length;
  console.log(`${name.padEnd(18)}${kB(zipped).padStart(10)}${kB(bundle).padStart(12)}`);
}

function kB(octets: number): string {
  return `${(octets / 1000).toFixed(1)} kB`;
}
