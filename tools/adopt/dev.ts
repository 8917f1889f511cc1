// `npx gatehouse dev`: what `npm start` runs in the repository, with the project's settings.
import { parseArgs } from 'node:util';
import { readSettings } from './settings.ts';

const { values: given } = parseArgs({ options: { help: { type: 'boolean', default: false } } });

if (given.help) {
  console.log(`npx gatehouse dev

Runs the API, its database, an inbox and the page of this project, until Ctrl-C. Settings: those of gatehouse.yml under
\`default\` and \`dev\`. PORT, DYNAMODB_PORT, SES_PORT and PAGE_PORT change the ports 3000, 8000, 8005 and 3001.
Data is kept in .local/.`);
} else {
  Object.assign(process.env, readSettings(['default', 'dev']));
  await import('../local/start.ts');
}
