import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { overHttp } from '../../test/harness/client.ts';
import { loggedIn, type Person, signedUp } from '../../test/harness/people.ts';
import { administer } from '../../test/harness/signed.ts';
import { freePort } from '../../tools/local/ports.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-client-'));
const installed = join(folder, 'node_modules/gatehouse-client');

/** Packs the package as it would be published, and installs it where nothing else is. */
beforeAll(async () => {
  const options = { cwd: join(root, 'client') };
  await run(process.execPath, [join(root, 'client/build.ts')]); // npm runs no `prepack` where scripts are ignored
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], options);
  const tarball = /"filename": "([^"]+)"/.exec(stdout)?.[1] ?? '';
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`], { cwd: folder });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

const core = ['channel', 'client', 'gatehouse-error', 'patience', 'post', 'storage', 'tokens'].map(
  (name) => `./${name}.js`,
);

/** Lends what an example needs beside the package, from our own `node_modules`. */
function lend(...names: string[]): void {
  for (const name of names) {
    const place = join(folder, 'node_modules', name);
    mkdirSync(join(place, '..'), { recursive: true });
    rmSync(place, { force: true });
    symlinkSync(join(root, 'node_modules', name), place);
  }
}

async function runs(source: string, name = 'program.mjs'): Promise<string> {
  writeFileSync(join(folder, name), source);
  return (await run(process.execPath, [name], { cwd: folder })).stdout.trim();
}

describe('the packed package', () => {
  test('brings nothing along: no dependency, and no file but what is used', () => {
    const { lockfileVersion, packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
    expect(lockfileVersion).toBeGreaterThan(1);
    expect(Object.keys(packages)).toEqual(['', 'node_modules/gatehouse-client']);
    expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  });

  // With all that the entry imports: further entries leave the core's code out, which a page has anyway.
  test.for<[string, number, string[]]>([
    ['index.js', 3_999, []],
    ['account.js', 1_300, core],
    ['cookies.js', 1_050, core],
    ['passkeys.js', 1_300, core],
    ['react.js', 1_250, [...core, 'react']],
  ])('%s is at most %d bytes, bundled, minified and gzipped', async ([entry, limit, external]) => {
    const { outputFiles } = await build({
      entryPoints: [join(installed, 'dist', entry)],
      ...{ bundle: true, minify: true, format: 'esm', write: false, external },
    });
    const { length } = gzipSync(outputFiles[0]?.contents ?? '');
    expect(length).toBeLessThanOrEqual(limit);
    expect(length).toBeGreaterThan(limit - 300); // so that the limit stays near the truth
  });

  test('imports nothing from elsewhere, and prints readable lines when an error is not caught', async () => {
    for (const name of readdirSync(join(installed, 'dist')).filter((file) =>
      /(?<!verify|react)\.js$/.test(file),
    ))
      expect(readFileSync(join(installed, 'dist', name), 'utf8')).not.toMatch(/from '[^.]|import\(/);
    const failing =
      "import { createClient } from 'gatehouse-client'; createClient({ baseUrl: 'localhost' });";
    const { stderr } = await runs(failing).then(
      () => ({ stderr: '' }),
      (error: { stderr: string }) => error,
    );
    expect(stderr).toContain('baseUrl must be a URL');
    expect(stderr.length).toBeLessThan(1_500);
    for (const line of stderr.split('\n')) expect(line.length).toBeLessThan(200);
  });

  test('is found without fault by publint', async () => {
    const { messages, pkg } = await publint({
      pkgDir: installed,
      level: 'suggestion',
      strict: true,
      pack: false,
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('logs in and out from an empty folder', async () => {
    const person = await signedUp(overHttp);
    const printed = await runs(`
      import { createClient, GatehouseError } from 'gatehouse-client';
      const gatehouse = createClient({ baseUrl: ${JSON.stringify(inject('stack').apiUrl)} });
      await gatehouse.logIn(${JSON.stringify(person)});
      console.log((await gatehouse.welcome()).message);
      await gatehouse.logOut();
      console.log((await gatehouse.welcome().catch((error) => error)) instanceof GatehouseError);
    `);
    expect(printed).toBe('Welcome, Ada Lovelace!\ntrue');
  });

  test('says what its second entry needs', async () => {
    rmSync(join(folder, 'node_modules/jose'), { force: true });
    await expect(runs("import 'gatehouse-client/verify'")).rejects.toThrow(/Cannot find package 'jose'/);
  });

  test.for<[string, object]>([
    ['of a page', { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: [] }],
    [
      'of a worker',
      { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'webworker'], types: [] },
    ],
    ['of Node', { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022'], types: ['node'] }],
  ])('has types that fit a program %s', async ([, compilerOptions]) => {
    lend('jose', '@types/node', 'undici-types');
    writeFileSync(
      join(folder, 'typed.ts'),
      `
      import { createClient, GatehouseError, memoryStorage, type SessionEnd, type User } from 'gatehouse-client';
      import { accessTokenVerifier, type AccessTokenClaims } from 'gatehouse-client/verify';
      import { withAccount } from 'gatehouse-client/account';
      import { createCookieClient } from 'gatehouse-client/cookies';
      import { withPasskeys } from 'gatehouse-client/passkeys';
      import { gatehouseServer } from 'gatehouse-client/server';
      const gatehouse = createClient({
        baseUrl: 'https://auth.example.com',
        storage: memoryStorage(),
        onSessionEnd(reason: SessionEnd) {},
      });
      const { user }: { user: User } = await gatehouse.logIn({ email: '', password: '' });
      const bio: string | null = user.bio;
      const response: Response = await gatehouse.authFetch('https://auth.example.com', { method: 'POST' });
      const claims: AccessTokenClaims = await accessTokenVerifier({ issuer: '' })('');
      const seconds: number | undefined = new GatehouseError(0, '').retryAfter;
      const server = gatehouseServer({ baseUrl: '', origin: '' });
      const rendered: Promise<{ email: string } | undefined> = server.visit(new Request('')).claims();
      const answer: Promise<Response> = server.handler(new Request(''));
      withPasskeys(withAccount(createCookieClient()));
      // @ts-expect-error: what opens a session is not done by the client of a visit
      server.visit(new Request('')).client.logIn;
      // @ts-expect-error: the password is missing
      gatehouse.logIn({ email: '' });
      // @ts-expect-error: a name that there is not
      gatehouse.login;
      export { answer, bio, claims, rendered, response, seconds };
    `,
    );
    const options = { strict: true, noEmit: true, target: 'es2022', skipLibCheck: false, ...compilerOptions };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['typed.ts'] }),
    );
    await expect(printedBy(compiler, '-p', folder)).resolves.toBe('');
  });

  test('has types that fit React', async () => {
    lend('@types/react', 'csstype');
    writeFileSync(
      join(folder, 'typed.tsx'),
      `
      import { createClient, type User } from 'gatehouse-client';
      import { type AccountClient, withAccount } from 'gatehouse-client/account';
      import { createSession, GatehouseProvider, Guard, useGatehouse, useSession, useUser } from 'gatehouse-client/react';
      const session = createSession((events) => withAccount(createClient({ baseUrl: '', ...events })));
      function Name() {
        const user: User | undefined = useUser();
        const { status, ended } = useSession();
        const client = useGatehouse<AccountClient>();
        return <button onClick={() => client.logOut()}>{user?.name}{status}{ended}</button>;
      }
      export const page = (
        <GatehouseProvider session={session} initialUser={null}>
          <Guard fallback={<p />} loading="…"><Name /></Guard>
        </GatehouseProvider>
      );
    `,
    );
    const compilerOptions = {
      ...{
        module: 'esnext',
        moduleResolution: 'bundler',
        lib: ['es2022', 'dom'],
        types: [],
        jsx: 'react-jsx',
      },
      ...{ strict: true, noEmit: true, target: 'es2022', skipLibCheck: false },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.tsx'] }));
    await expect(printedBy(compiler, '-p', folder)).resolves.toBe('');
  });
});

/** What a program of Node prints, also when it fails. */
async function printedBy(...args: string[]): Promise<string> {
  return run(process.execPath, args, { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }) => stdout + stderr,
  );
}

describe('the example', () => {
  let person: Person;
  let good: string;
  let ofEditor: string;
  const environment = () => ({ ...process.env, ISSUER: inject('stack').environment.ISSUER ?? '' });

  beforeAll(async () => {
    lend('jose', 'express', 'fastify', 'hono');
    cpSync(join(root, 'examples/verify'), folder, { recursive: true });
    person = await signedUp(overHttp);
    good = `Bearer ${(await loggedIn(overHttp, person)).accessToken}`;
    const editor = await signedUp(overHttp);
    const { json } = await overHttp.send(administer(`GET /admin/users?email=${editor.email}`));
    const [{ userId } = { userId: '' }] = (json as { users: { userId: string }[] }).users;
    await overHttp.send(administer(`PUT /admin/users/${userId}/roles`, { roles: ['reader', 'editor'] }));
    ofEditor = `Bearer ${(await loggedIn(overHttp, editor)).accessToken}`;
  });

  test.for(['express.ts', 'fastify.ts'])(
    '%s lets holders of an access token in, and nobody else',
    async (file) => {
      const port = await freePort();
      const server = spawn(process.execPath, [file], {
        cwd: folder,
        env: { ...environment(), PORT: String(port) },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void server.kill());
      await once(server.stdout, 'data');
      await letsIn((headers) => fetch(`http://localhost:${port}/me`, { headers }));
      await letsEditorsIn((headers) => fetch(`http://localhost:${port}/drafts`, { headers }));
    },
  );

  test('hono.ts lets holders of an access token in, and nobody else', async () => {
    const program = `
      const { default: app } = await import('./hono.ts');
      const [path, headers] = JSON.parse(process.argv[1]);
      const response = await app.request(path, { headers });
      console.log(JSON.stringify([response.status, [...response.headers], await response.text()]));
    `;
    const ask = (path: string) => async (headers: Record<string, string>) => {
      const [status, pairs, text] = await evaluated(program, [path, headers]);
      return new Response(text, { status, headers: pairs });
    };
    await letsIn(ask('/me'));
    await letsEditorsIn(ask('/drafts'));
  });

  /** What a program prints as JSON, given a value. */
  async function evaluated(program: string, value: object, env: NodeJS.ProcessEnv = environment()) {
    const args = ['--input-type=module', '-e', program, JSON.stringify(value)];
    const { stdout } = await run(process.execPath, args, { cwd: folder, env });
    return JSON.parse(stdout);
  }

  async function letsIn(ask: (headers: Record<string, string>) => Promise<Response>): Promise<void> {
    const accepted = await ask({ authorization: good });
    expect([accepted.status, await accepted.json()]).toEqual([
      200,
      { userId: expect.any(String), email: null }, // nobody has verified it
    ]);
    const without = await ask({});
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const forged = await ask({ authorization: good.replace(/.{40}$/, 'A'.repeat(40)) });
    expect([forged.status, forged.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);
  }

  async function letsEditorsIn(ask: (headers: Record<string, string>) => Promise<Response>): Promise<void> {
    expect((await ask({ authorization: ofEditor })).status).toBe(200);
    const others = await ask({ authorization: good });
    expect([others.status, others.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer error="insufficient_scope"',
    ]);
    expect((await ask({})).status).toBe(401);
  }

  test('lambda-authorizer.ts allows holders of an access token, and says Unauthorized to others', async () => {
    const program = `
      const { handler } = await import('./lambda-authorizer.ts');
      const outcome = await handler(JSON.parse(process.argv[1])).catch(({ message }) => message);
      console.log(JSON.stringify(outcome));
    `;
    const methodArn = 'arn:aws:execute-api:eu-central-1:123456789012:abc123/prod/GET/things/1';
    expect(await evaluated(program, { type: 'TOKEN', authorizationToken: good, methodArn })).toEqual({
      principalId: expect.any(String),
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'execute-api:Invoke',
            Resource: 'arn:aws:execute-api:eu-central-1:123456789012:abc123/prod/*',
          },
        ],
      },
      context: { userId: expect.any(String) },
    });
    for (const authorizationToken of ['Bearer a.b.c', '']) {
      expect(await evaluated(program, { type: 'TOKEN', authorizationToken, methodArn })).toBe('Unauthorized');
    }
  });

  test('hono-cookies renders pages for whoever logs in by its form, and sends nobody elsewhere', async () => {
    cpSync(join(root, 'examples/hono-cookies/src/app.ts'), join(folder, 'app.ts'));
    const origin = 'http://localhost:8080';
    // Each step of a visitor: what is asked for, and the form that is sent.
    const steps = [
      ['/'],
      ['/log-in?to=//evil.example'],
      ['/log-in', { email: person.email, password: 'not mine', to: '/' }],
      ['/log-in', { email: person.email, password: person.password, to: '/\\evil.example' }],
      ['/'],
      ['/log-out', {}],
      ['/'],
    ];
    const program = `
      const { app } = await import('./app.ts');
      const { origin, steps } = JSON.parse(process.argv[1]);
      let cookie = '';
      const seen = [];
      for (const [path, form] of steps) {
        const headers = { cookie, origin, 'sec-fetch-site': 'same-origin' };
        const init = form && { method: 'POST', body: new URLSearchParams(form) };
        const response = await app.request(origin + path, { headers, ...init });
        for (const line of response.headers.getSetCookie()) cookie = line.split(';')[0];
        seen.push([response.status, response.headers.get('location') ?? (await response.text())]);
      }
      console.log(JSON.stringify(seen));
    `;
    const env = { ...environment(), GATEHOUSE_URL: inject('stack').apiUrl, ORIGIN: origin };
    const seen = await evaluated(program, { origin, steps }, env);
    expect(seen).toEqual([
      [303, '/log-in?to=/'],
      [200, expect.stringContaining('name="to" value="/"')],
      [401, expect.stringContaining('The email or the password is wrong.')],
      [303, '/'],
      [200, expect.stringContaining('You are Ada Lovelace, logged in on')],
      [303, '/log-in'],
      [303, '/log-in?to=/'],
    ]);
  });

  test.for(['express.ts', 'fastify.ts', 'hono.ts', 'lambda-authorizer.ts', 'api-gateway.yml'])(
    '%s has what docs/client.md shows of it',
    (file) => {
      const page = readFileSync(join(root, 'docs/client.md'), 'utf8');
      const shown = [...page.matchAll(/```(?:ts|yaml)\n(.*?)```/gs)].map(([, code = '']) => code);
      const text = readFileSync(join(root, 'examples/verify', file), 'utf8');
      expect(shown.filter((code) => text.includes(code))).toHaveLength(1);
    },
  );

  test.for(['app/api/auth/[[...path]]/route.ts', 'proxy.ts'])(
    'next-cookies/%s has what docs/servers-that-render.md shows of it',
    (file) => {
      const page = readFileSync(join(root, 'docs/servers-that-render.md'), 'utf8');
      const shown = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
      const text = readFileSync(join(root, 'examples/next-cookies', file), 'utf8');
      expect(shown.filter((code) => text.includes(code))).toHaveLength(1);
    },
  );

  test('api-gateway.yml has the authorizer that API Gateway makes of our issuer and audience', async () => {
    const discovery = await fetch(`${inject('stack').apiUrl}/.well-known/openid-configuration`);
    // API Gateway finds keys and issuer here, and takes no algorithm but these.
    expect(await discovery.json()).toMatchObject({
      issuer: environment().ISSUER,
      jwks_uri: `${environment().ISSUER}/.well-known/jwks.json`,
      id_token_signing_alg_values_supported: ['RS256'],
    });
    const template = readFileSync(join(root, 'examples/verify/api-gateway.yml'), 'utf8');
    expect(template).toMatch(
      /AuthorizerType: JWT\n\s+IdentitySource:\n\s+- \$request\.header\.Authorization/,
    );
  });
});
