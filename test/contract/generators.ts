// `npm run test:generators`: the newest client generators make clients of docs/openapi.yaml, which are compiled and run
// one flow against the running service. Needs npm and Maven Central or PyPI; what can't be had is skipped, loudly. Its
// last line is `N passed, N failed`.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';
import { buildFolder, root } from '../../tools/folders.ts';
import { writeFile } from '../../tools/write-file.ts';
import { somebody } from '../harness/people.ts';
import startStack, { type Stack } from '../harness/stack.ts';

const run = promisify(execFile);
const folder = `${buildFolder}generators/`;

/** Where the service is, and the bodies of somebody new, as JSON. */
type Story = { baseUrl: string; signUp: string; logIn: string };

function storyAt(baseUrl: string): Story {
  const { password, ...person } = somebody();
  const signUp = JSON.stringify({ ...person, password, confirm: password });
  return { baseUrl, signUp, logIn: JSON.stringify({ email: person.email, password }) };
}

/** Newest releases of these majors, in a project of their own: nobody else needs them. */
const NPM = ['openapi-typescript@7', 'openapi-fetch@0', '@hey-api/openapi-ts@0', 'orval@8', 'typescript@5'];
const bin = (name: string) => `${folder}node_modules/.bin/${name}`;
const npx = (program: string, ...args: string[]) => run(bin(program), args, { cwd: folder });

type Generator = {
  name: string;
  generate(): Promise<unknown>;
  /** Signs up, logs in, asks who it is, refreshes and logs out; prints both messages. */
  flow(story: Story): Promise<string>;
};

const generators: Generator[] = [
  {
    name: 'openapi-typescript with openapi-fetch',
    generate: () => npx('openapi-typescript', 'openapi.yaml', '-o', 'paths.d.ts'),
    flow: ({ baseUrl, signUp, logIn }) =>
      typescript(
        'openapi-typescript',
        `import createClient from 'openapi-fetch';
         import type { paths } from './paths';
         const api = createClient<paths>({ baseUrl: '${baseUrl}' });
         await api.POST('/auth/register', { body: ${signUp} });
         const { data: tokens } = await api.POST('/auth/login', { body: ${logIn} });
         const headers = { authorization: \`Bearer \${tokens!.accessToken}\` };
         console.log((await api.POST('/auth', { headers })).data!.message);
         const { data: next } = await api.POST('/auth/refresh-tokens', { body: { refreshToken: tokens!.refreshToken } });
         console.log((await api.POST('/auth/logout', { body: { refreshToken: next!.refreshToken } })).data!.message);`,
      ),
  },
  {
    name: 'hey-api',
    generate: () => npx('openapi-ts', '-i', 'openapi.yaml', '-o', 'hey', '-c', '@hey-api/client-fetch'),
    flow: ({ baseUrl, signUp, logIn }) =>
      typescript(
        'hey-api',
        `import { client } from './hey/client.gen';
         import { authLogIn, authLogOut, authRefresh, authSignUp, authWelcome } from './hey';
         client.setConfig({ baseUrl: '${baseUrl}' });
         await authSignUp({ body: ${signUp} });
         const { data: tokens } = await authLogIn({ body: ${logIn} });
         console.log((await authWelcome({ auth: tokens!.accessToken })).data!.message);
         const { data: next } = await authRefresh({ body: { refreshToken: tokens!.refreshToken } });
         console.log((await authLogOut({ body: { refreshToken: next!.refreshToken } })).data!.message);`,
      ),
  },
  {
    name: 'orval',
    async generate() {
      const output = { target: './orval.ts', client: 'fetch', baseUrl: 'http://BASE_URL' };
      const config = { gatehouse: { input: './openapi.yaml', output } };
      writeFile(`${folder}orval.config.mjs`, `export default ${JSON.stringify(config)};`);
      await npx('orval', '--config', 'orval.config.mjs');
    },
    flow: ({ baseUrl, signUp, logIn }) =>
      typescript(
        'orval',
        `import { authLogIn, authLogOut, authRefresh, authSignUp, authWelcome } from './orval';
         const ask = globalThis.fetch;
         globalThis.fetch = (url, init) => ask(String(url).replace('http://BASE_URL', '${baseUrl}'), init);
         await authSignUp(${signUp});
         const { data: tokens } = await authLogIn(${logIn});
         if (!('accessToken' in tokens)) throw new Error('not logged in');
         const { data: me } = await authWelcome({ headers: { authorization: \`Bearer \${tokens.accessToken}\` } });
         console.log(me.message);
         const { data: next } = await authRefresh({ refreshToken: tokens.refreshToken });
         if (!('refreshToken' in next)) throw new Error('not refreshed');
         console.log((await authLogOut({ refreshToken: next.refreshToken })).data.message);`,
      ),
  },
  {
    name: 'openapi-generator (typescript-fetch)',
    async generate() {
      await run('mvn', ['-q', 'dependency:get', '-Dartifact=org.openapitools:openapi-generator-cli:LATEST']);
      const releases = `${homedir()}/.m2/repository/org/openapitools/openapi-generator-cli/`;
      const version = readdirSync(releases)
        .filter((name) => /^\d/.test(name))
        .sort(byNumbers)
        .at(-1);
      const jar = `${releases}${version}/openapi-generator-cli-${version}.jar`;
      // Default flags: it refuses the document when it finds it invalid.
      await run(
        'java',
        ['-jar', jar, 'generate', '-i', 'openapi.yaml', '-g', 'typescript-fetch', '-o', 'ogen'],
        {
          cwd: folder,
          maxBuffer: 2 ** 26,
        },
      );
    },
    flow: ({ baseUrl, signUp, logIn }) =>
      typescript(
        'openapi-generator',
        `import { AuthApi, Configuration } from './ogen';
         const api = (accessToken?: string) => new AuthApi(new Configuration({ basePath: '${baseUrl}', accessToken }));
         await api().authSignUp({ authSignUpRequest: ${signUp} });
         const tokens = await api().authLogIn({ authLogInRequest: ${logIn} });
         console.log((await api(tokens.accessToken).authWelcome()).message);
         const next = await api().authRefresh({ authRefreshRequest: { refreshToken: tokens.refreshToken } });
         console.log((await api().authLogOut({ authLogOutRequest: { refreshToken: next.refreshToken } })).message);`,
      ),
  },
  {
    name: 'openapi-python-client',
    async generate() {
      await run('python3', ['-m', 'venv', `${folder}python`]);
      await run(`${folder}python/bin/pip`, ['install', '-q', 'openapi-python-client', 'ruff']);
      await run(
        `${folder}python/bin/openapi-python-client`,
        ['generate', '--path', 'openapi.yaml', '--overwrite', '--output-path', 'pyclient'],
        {
          cwd: folder,
          env: { ...process.env, PATH: `${folder}python/bin:${process.env.PATH}` },
        },
      );
    },
    async flow({ baseUrl, signUp, logIn }) {
      const flow = `
from gatehouse_client import AuthenticatedClient, Client
from gatehouse_client.api.auth import auth_log_in, auth_log_out, auth_refresh, auth_sign_up, auth_welcome
from gatehouse_client.models import AuthLogInRequest, AuthLogOutRequest, AuthRefreshRequest, AuthSignUpRequest

client = Client(base_url="${baseUrl}")
auth_sign_up.sync(client=client, body=AuthSignUpRequest.from_dict(${signUp.replace('null', 'None')}))
tokens = auth_log_in.sync(client=client, body=AuthLogInRequest.from_dict(${logIn}))
print(auth_welcome.sync(client=AuthenticatedClient(base_url="${baseUrl}", token=tokens.access_token)).message)
after = auth_refresh.sync(client=client, body=AuthRefreshRequest(refresh_token=tokens.refresh_token))
print(auth_log_out.sync(client=client, body=AuthLogOutRequest(refresh_token=after.refresh_token)).message)
`;
      writeFile(`${folder}pyclient/flow.py`, flow);
      const { stdout } = await run(`${folder}python/bin/python`, ['flow.py'], { cwd: `${folder}pyclient` });
      return stdout;
    },
  },
];

const byNumbers = (one: string, other: string) => one.localeCompare(other, 'en', { numeric: true });

/** Compiles the flow strictly with its client, bundles it and runs it. */
async function typescript(name: string, source: string): Promise<string> {
  const file = `${folder}${name}.flow.ts`;
  writeFile(file, `${source}\nexport {};\n`);
  const options =
    '--noEmit --strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler';
  try {
    await npx('tsc', ...options.split(' '), '--lib', 'es2022,dom,dom.iterable', file);
  } catch (error) {
    throw new Error((error as { stdout?: string }).stdout ?? String(error));
  }
  const outfile = `${folder}${name}.flow.mjs`;
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
  return (await run(process.execPath, [outfile])).stdout;
}

const WANTED = [`Welcome, ${somebody().name}!`, 'You are logged out.'];

let [passed, failed] = [0, 0];
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
cpSync(`${root}docs/openapi.yaml`, `${folder}openapi.yaml`);
writeFile(`${folder}package.json`, '{"private":true,"type":"module"}');
await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...NPM], { cwd: folder });

let stack: Stack | undefined;
const project = { provide: (_: 'stack', value: Stack) => (stack = value) };
const stop = await startStack(project as unknown as TestProject);
for (const { name, generate, flow } of generators) {
  const base = stack?.apiUrl ?? '';
  try {
    await generate();
  } catch (error) {
    const { code, stderr, message } = error as Error & { code?: unknown; stderr?: string };
    if (code === 'ENOENT') {
      console.log(`SKIPPED ${name}: ${message}`);
      continue;
    }
    failed += 1;
    console.log(`✗ ${name} makes no client: ${(stderr || message).trim().split('\n').slice(-5).join('\n')}`);
    continue;
  }
  try {
    const said = (await flow(storyAt(base))).trim().split('\n');
    if (said.join() !== WANTED.join()) throw new Error(`it printed ${JSON.stringify(said)}`);
    passed += 1;
    console.log(`✓ ${name} makes a client that compiles and runs the flow`);
  } catch (error) {
    failed += 1;
    console.log(`✗ ${name}: ${(error as Error).message.trim().split('\n').slice(0, 12).join('\n')}`);
  }
}
await stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
