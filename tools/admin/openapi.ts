// `npm run openapi`: writes docs/openapi.yaml from the code that answers, and lints it.
//   node tools/admin/openapi.ts --check    writes nothing, and fails where the file is not what the code says
import { readFileSync, writeFileSync } from 'node:fs';
import { createConfig, formatProblems, getTotals, lintFromString } from '@redocly/openapi-core';
import { stringify } from 'yaml';
import { openapiDocument } from '../../lib/openapi/document.ts';
import { root } from '../folders.ts';

const file = `${root}docs/openapi.yaml`;

const text = `# Made by \`npm run openapi\` from the code that answers (lib/openapi); not to be edited.
${stringify(openapiDocument({ server: '/', passwordMinimum: 8 }), { lineWidth: 0, aliasDuplicateObjects: false })}`;

/** Redocly's recommended rules, as errors, without those that are not for this API. */
const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    'no-path-trailing-slash': 'off', // clients of /accounts/* have always sent it
    'operation-4xx-response': 'off', // the key set and the discovery document refuse nobody
  },
});
const problems = await lintFromString({ source: text, absoluteRef: file, config });
if (problems.length > 0)
  formatProblems(problems, { totals: getTotals(problems), format: 'codeframe', version: '' });

const current = read() === text;
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (!current) console.error('docs/openapi.yaml is out of date: run `npm run openapi`.');
process.exitCode = problems.length === 0 && (current || !process.argv.includes('--check')) ? 0 : 1;
console.log(`docs/openapi.yaml: ${text.split('\n').length} lines, ${problems.length} problems`);

function read(): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
