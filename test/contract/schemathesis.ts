// `npm run test:openapi`: Schemathesis makes requests of the OpenAPI document that the service serves, right ones, wrong
// ones and chains of them, and compares each answer with it. Needs Python 3 and PyPI. Its last line is
// `1 passed, 0 failed` when it found nothing.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { buildFolder } from '../../tools/folders.ts';
import { writeFile } from '../../tools/write-file.ts';
import startStack, { type Stack } from '../harness/stack.ts';

const { values: flags } = parseArgs({
  options: {
    required: { type: 'boolean', default: false },
    examples: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
});

const folder = `${buildFolder}schemathesis/`;
const followedFile = `${folder}followed.json`;
const program = `${folder}bin/schemathesis`;
const run = promisify(execFile);

/** A method that a path does not have is 404 here, not 405: API Gateway knows routes, not paths. */
const NOT_CHECKED = 'unsupported_method,allow_header_conformance';

/**
 * No schema can say which tag, token or password is right, or that two fields are the same: a request that fits the
 * schema may be refused with 400 or 406 as well as 401 and 409. It must not be 413, 415 or 5xx.
 */
const configuration = (tokens: { bearer: string; tokenHeader: string }) => `
hooks = "${new URL('./schemathesis-hooks.py', import.meta.url).pathname}"
[auth.openapi.bearer]
bearer = "${tokens.bearer}"
[auth.openapi.tokenHeader]
api_key = "${tokens.tokenHeader}"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "404", "406", "409", "429"]
`;

const CREDENTIALS = { email: '$request.body#/email', password: '$request.body#/password' };
const REFRESH_TOKEN = { refreshToken: '$response.body#/refreshToken' };

/**
 * Which operation a success leads to, with what of it. Only this tool is told: some that make clients stumble over links
 * with bodies (openapi-generator does).
 */
const LINKS: Record<string, Record<string, Record<string, string>>> = {
  authSignUp: { authLogIn: CREDENTIALS, authForgetPassword: { email: '$response.body#/user/email' } },
  authLogIn: { authRefresh: REFRESH_TOKEN, authLogOut: REFRESH_TOKEN },
  authRefresh: { authRefresh: REFRESH_TOKEN, authLogOut: REFRESH_TOKEN },
  apiUserSignUp: { apiUserLogIn: CREDENTIALS },
};

/** What the hooks have to see succeed at least once: each link, and a reset with a tag that was mailed. */
const TO_FOLLOW = [
  ...Object.entries(LINKS).flatMap(([from, targets]) => Object.keys(targets).map((to) => `${from} ${to}`)),
  'mail authResetPassword',
];

try {
  await install();
} catch (error) {
  console.log(`
  ***********************************************************************
  *  SKIPPED: Schemathesis could not be installed from PyPI.            *
  ***********************************************************************
${(error as Error).message.trim().split('\n').slice(-3).join('\n')}

0 passed, ${flags.required ? 1 : 0} failed`);
  process.exit(flags.required ? 1 : 0);
}

let stack: Stack | undefined;
const project = { provide: (_: 'stack', value: Stack) => (stack = value) };
const stop = await startStack(project as unknown as TestProject);
try {
  process.exitCode = await testApi(stack as unknown as Stack);
} finally {
  await stop();
}
process.exit();

async function install(): Promise<void> {
  if (existsSync(program)) return;
  await run('python3', ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1'];
  await run(`${folder}bin/python`, [...pip, 'schemathesis==4.32.*']);
}

/** Its exit code: 0 when nothing was found. */
async function testApi({ apiUrl, inboxUrl }: Stack): Promise<number> {
  // Two sessions: one of them is logged out now and then.
  const tokens = { bearer: await newToken(apiUrl), tokenHeader: await newToken(apiUrl) };
  const file = `${folder}schemathesis.toml`;
  writeFile(file, configuration(tokens));
  const options = [
    '--checks',
    'all',
    '--exclude-checks',
    NOT_CHECKED,
    '--continue-on-failure',
    '--no-color',
    '--workers',
    '2',
  ];
  const child = spawn(
    program,
    [
      ...['--config-file', file, 'run', await documentWithLinks(apiUrl), '--url', apiUrl, ...options],
      ...['--max-examples', flags.examples, '--seed', flags.seed, '--request-timeout', '30'],
    ],
    {
      cwd: folder,
      stdio: 'inherit',
      env: {
        ...process.env,
        GATEHOUSE_API: apiUrl,
        GATEHOUSE_INBOX: inboxUrl,
        GATEHOUSE_FOLLOWED: followedFile,
      },
    },
  );
  const code = await new Promise<number>((resolve) => child.once('close', (exit) => resolve(exit ?? 1)));
  const followed = JSON.parse(readFileSync(followedFile, 'utf8')) as string[];
  const missed = TO_FOLLOW.filter((link) => !followed.includes(link));
  if (missed.length > 0) console.log(`No chain of requests followed: ${missed.join(', ')}.`);
  const good = code === 0 && missed.length === 0;
  console.log(good ? '1 passed, 0 failed' : '0 passed, 1 failed');
  return good ? 0 : 1;
}

/** The document that is served, with the links. @returns its file */
async function documentWithLinks(apiUrl: string): Promise<string> {
  type Operation = { operationId: string; responses: Record<string, object> };
  const document = (await (await fetch(`${apiUrl}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  for (const { operationId, responses } of Object.values(document.paths).flatMap((path) =>
    Object.values(path),
  )) {
    const [[status, success] = []] = Object.entries(responses);
    const links = Object.entries(LINKS[operationId] ?? {}).map(([to, requestBody]) => [
      to,
      { operationId: to, requestBody },
    ]);
    if (status !== undefined && links.length > 0)
      responses[status] = { ...success, links: Object.fromEntries(links) };
  }
  const file = `${folder}openapi.json`;
  writeFile(file, JSON.stringify(document));
  return file;
}

async function newToken(apiUrl: string): Promise<string> {
  const body = { name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse battery' };
  const response = await fetch(`${apiUrl}/api/user/signup`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { token } = (await response.json()) as { token: string };
  return token;
}
