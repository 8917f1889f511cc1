// What a cold start costs: importing the bundle of each function and its first request, each time in a fresh process, and
// the memory it has after 1,000 requests. Beside it the floor: an empty module and a client of DynamoDB alone.
//   node bench/cold-start.ts                        every function; builds the bundles first
//   node bench/cold-start.ts openauth=path/to.js    and other bundles, for which only the import is measured
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { readTotpSecret, totpCode, totpStepAt } from '../lib/core/totp.ts';
import { startLocalKms } from '../test/harness/memory/kms.ts';
import { authenticator, type Options } from '../test/harness/passkey-device.ts';
import { sdkStandIns } from '../tools/build/sdk-stand-ins.ts';
import { buildFolder, root } from '../tools/folders.ts';
import { machine } from './machine.ts';
import { eventOf, type Functions, logIn, type Person, signUp, somebody, startStack } from './stack.ts';
import { quantile } from './timing.ts';

const RUNS = 20;
const REQUESTS = 1_000;

/** A bundle, and what its handler is sent first; without an event only its import is measured. */
export type ColdFile = { name: string; file: string; event?: () => Promise<unknown> };

/** Milliseconds. */
export type Spread = { median: number; fastest: number; slowest: number };

export type ColdStart = {
  name: string;
  /** In a bare process. */
  import: Spread;
  /** Of the processor, in all threads: the noise of the machine is not in it. */
  importProcessor: Spread;
  /** In a process that has loaded what Lambda's runtime has loaded before it imports a function. */
  importOnLambda: Spread;
  /** There, too, and after the import. */
  firstRequest?: Spread;
  firstRequestProcessor?: Spread;
};

type Measured = {
  import: number;
  processor: number;
  firstRequest?: number;
  requestProcessor?: number;
  failed?: boolean;
  resident?: number;
};

/** Starts each file in so many fresh processes, the files taken in turn: a noisy moment hits all of them alike. */
export async function coldStarts(files: readonly ColdFile[], runs = RUNS): Promise<ColdStart[]> {
  const bare = new Map<string, Measured[]>(files.map(({ name }) => [name, []]));
  const lambda = new Map<string, Measured[]>(files.map(({ name }) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const { name, file, event } of files) {
      bare.get(name)?.push(await startOnce(file));
      lambda.get(name)?.push(await startOnce(file, { event: await event?.(), place: 'lambda' }));
    }
  }
  return files.map(({ name, event }) => ({
    name,
    import: spreadOf(bare.get(name), (run) => run.import),
    importProcessor: spreadOf(bare.get(name), (run) => run.processor),
    importOnLambda: spreadOf(lambda.get(name), (run) => run.import),
    ...(event && {
      firstRequest: spreadOf(lambda.get(name), (run) => run.firstRequest),
      firstRequestProcessor: spreadOf(lambda.get(name), (run) => run.requestProcessor),
    }),
  }));
}

/** The imports alone, by turns. @returns milliseconds of the processor, in all threads, by name */
export async function imports(files: readonly ColdFile[], runs: number): Promise<Map<string, number[]>> {
  const all = new Map<string, number[]>(files.map(({ name }) => [name, []]));
  for (let run = 0; run < runs; run += 1)
    for (const { name, file } of files) all.get(name)?.push((await startOnce(file)).processor);
  return all;
}

/** Bytes of the resident set of a process that has answered the same request so many times. */
export async function memoryAfter({ file, event }: ColdFile, requests = REQUESTS): Promise<number> {
  const { resident } = await startOnce(file, { event: await event?.(), times: requests, place: 'lambda' });
  return resident ?? Number.NaN;
}

/** What no function of ours can get below: nothing at all, and a client of DynamoDB with the four commands we use. */
export async function coldFloors(): Promise<ColdFile[]> {
  const folder = `${buildFolder}floors/`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}package.json`, '{"type":"module"}\n');
  writeFileSync(`${folder}empty.js`, '');
  const client = {
    stdin: {
      contents: `import { DynamoDBClient, GetItemCommand, PutItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
        import { fromEnv } from '@aws-sdk/credential-provider-env';
        export const client = new DynamoDBClient({ credentials: fromEnv() });
        export { GetItemCommand, PutItemCommand, TransactWriteItemsCommand, UpdateItemCommand };`,
      resolveDir: root,
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    // Its dependencies that are CommonJS ask for Node's modules by `require`.
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
  } satisfies BuildOptions;
  const environmentAlone = {
    '@aws-sdk/credential-provider-node': `${root}lib/sdk/environment-credentials.ts`,
  };
  await Promise.all([
    build({ ...client, outfile: `${folder}chain.js` }),
    build({ ...client, outfile: `${folder}plain.js`, alias: environmentAlone }),
    build({ ...client, outfile: `${folder}lean.js`, plugins: [sdkStandIns()] }),
  ]);
  return [
    { name: 'floor: an empty module', file: `${folder}empty.js` },
    { name: 'floor: the client as it comes', file: `${folder}chain.js` },
    { name: 'floor: the slim client', file: `${folder}plain.js` },
    { name: 'floor: the slim client, bundled as ours', file: `${folder}lean.js` },
  ];
}

/**
 * The bundle of each function with a first request that succeeds. Keys are sealed by a KMS, as deployed, and the hash is
 * of the least cost, since its time is the same everywhere.
 *
 * @param stack must go on running while they are measured
 */
export async function coldFunctions(stack: Awaited<ReturnType<typeof startStack>>): Promise<ColdFile[]> {
  const kms = await startLocalKms(); // ends with this process
  void kms;
  const functions = await stack.functions({
    BCRYPT_COST: '4',
    SEALING_SECRET: '',
    SEALING_KMS_KEY: 'arn:aws:kms:eu-central-1:000000000000:key/bench',
  });
  const events = eventsOf(functions);
  return readdirSync(`${root}functions`)
    .map((file) => file.replace('.ts', ''))
    .map((name) => {
      const event = events[name]; // without one its import alone is measured
      return { name, file: `${buildFolder}bench/functions/${name}.js`, ...(event && { event }) };
    });
}

function eventsOf(functions: Functions): Record<string, () => Promise<unknown>> {
  const post = (path: string, body: object, headers = {}) => eventOf({ path, body, headers });
  const somebodyNew = (): Promise<Person> => signUp(functions);
  const session = async () => logIn(functions, await somebodyNew());
  const askedFor = async () => {
    const { email } = await somebodyNew();
    const { json } = await functions.send({ path: '/accounts/forgetpassword', body: { email } });
    return String(json.tag);
  };
  const bearer = async () => ({ authorization: `Bearer ${(await session()).accessToken}` });
  const withPasskey = async () => {
    const headers = await bearer();
    const offered = await functions.send({ path: '/auth/passkeys/options', headers });
    const { id: rpId } = offered.json.rp as { id: string };
    const made = authenticator({ rpId, origin: new URL(process.env.APP_URL ?? '').origin });
    const body = { response: made.register(offered.json as Options) as object };
    await functions.send({ path: '/auth/passkeys', headers, body });
    return made;
  };
  const fixture = (path: string) => JSON.parse(readFileSync(`${root}events/${path}.json`, 'utf8'));
  return {
    async signup() {
      const { email, password, name } = await somebodyNew();
      return post('/auth/register', { name, email: `new-${email}`, password, confirm: password });
    },
    login: async () => post('/auth/login', await somebodyNew()),
    welcome: async () => {
      const headers = { authorization: `Bearer ${(await session()).accessToken}` };
      return eventOf({ path: '/auth', headers });
    },
    'refresh-tokens': async () =>
      post('/auth/refresh-tokens', { refreshToken: (await session()).refreshToken }),
    logout: async () => post('/auth/logout', { refreshToken: (await session()).refreshToken }),
    'forget-password': async () => post('/auth/forget-password', { email: (await somebodyNew()).email }),
    async 'reset-password'() {
      const tag = await functions.mailedTag(await askedFor());
      return post(`/auth/reset-password?token=${tag}`, { password: 'battery staple horse' });
    },
    async 'send-mail'() {
      const Keys = { tagId: { S: await askedFor() } };
      return {
        Records: [{ eventName: 'INSERT', dynamodb: { Keys, SequenceNumber: '100000000000000000001' } }],
      };
    },
    account: async () => eventOf({ method: 'GET', path: '/auth/account', headers: await bearer() }),
    'step-up': async () => post('/auth/step-up', { password: somebody().password }, await bearer()),
    'change-password': async () =>
      post(
        '/auth/change-password',
        { password: somebody().password, newPassword: 'battery staple horse' },
        await bearer(),
      ),
    'delete-account': async () => post('/auth/delete-account', {}, await bearer()),
    'verify-email': async () => post('/auth/send-verification', {}, await bearer()),
    'change-email': async () =>
      post('/auth/change-email', { email: `${randomUUID()}@example.com` }, await bearer()),
    totp: async () => post('/auth/totp', {}, await bearer()),
    async 'second-factor'() {
      const person = await somebodyNew();
      const headers = { authorization: `Bearer ${(await logIn(functions, person)).accessToken}` };
      const { secret } = (await functions.send({ path: '/auth/totp', headers, body: {} })).json;
      const app = readTotpSecret(String(secret)) ?? Buffer.alloc(0);
      const step = totpStepAt(Date.now());
      const body = { code: totpCode(app, step) };
      await functions.send({ path: '/auth/totp/confirm', headers, body });
      const { email, password } = person;
      const first = await functions.answer(eventOf({ path: '/auth/login', body: { email, password } }));
      const { challenge } = JSON.parse(first?.body ?? '{}');
      return post('/auth/login/second-factor', { challenge, code: totpCode(app, step + 1) });
    },
    passkeys: async () => eventOf({ path: '/auth/passkeys/options', headers: await bearer() }),
    async 'login-passkey'() {
      const made = await withPasskey();
      const { json } = await functions.send({ path: '/auth/login/passkey/options' });
      return post('/auth/login/passkey', { response: made.logIn(json as Options) });
    },
    'mail-events': async () => fixture('mail/mail-events'),
    jwks: async () => eventOf({ method: 'GET', path: '/.well-known/jwks.json' }),
    docs: async () => eventOf({ method: 'GET', path: '/openapi.json' }),
    pages: async () => eventOf({ method: 'GET', path: '/forgot-password' }),
    preflight: async () => eventOf({ method: 'OPTIONS', path: '/auth/login' }),
    'rotate-keys': async () => fixture('schedule/rotate-keys'),
  };
}

function startOnce(
  file: string,
  { event, times = 1, place = '' }: { event?: unknown; times?: number; place?: string } = {},
): Promise<Measured> {
  const given = [file, event === undefined ? '' : JSON.stringify(event), String(times), place];
  const child = spawn(process.execPath, [`${root}bench/cold-start-process.js`, ...given], {
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const [complaint, report] = [collect(child.stderr), collect(child.stdio[3] as NodeJS.ReadableStream)];
  return new Promise((done, fail) => {
    child.once('close', async () => {
      const text = await report;
      if (text === '') return fail(new Error(`${file} does not start: ${(await complaint).slice(-1000)}`));
      const measured = JSON.parse(text) as Measured;
      if (measured.failed) fail(new Error(`${file} refused its first request`));
      else done(measured);
    });
  });
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}

/** That of this process, which the stack has set: without what npm and a shell add. */
function childEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|NODE_OPTIONS|VITEST|LS_COLORS)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { AWS_REGION: 'eu-central-1', ...Object.fromEntries(kept) };
}

function spreadOf(runs: readonly Measured[] = [], read: (run: Measured) => number | undefined): Spread {
  const values = runs.map((run) => read(run) ?? Number.NaN);
  return { median: quantile(values, 0.5), fastest: Math.min(...values), slowest: Math.max(...values) };
}

if (import.meta.main) {
  const stack = await startStack();
  const functions = await coldFunctions(stack);
  const others = process.argv.slice(2).map((pair) => {
    const [name = '', file = ''] = pair.split('=');
    return { name, file: resolve(file) };
  });
  const starts = await coldStarts([...(await coldFloors()), ...others, ...functions]);
  console.log(`${machine()}, ${new Date().toISOString().slice(0, 10)}`);
  console.log(
    `Cold starts, median of ${RUNS} fresh processes (fastest – slowest), ms; memory after ${REQUESTS} requests`,
  );
  const columns = ['import', 'its CPU', 'import on Lambda', 'first request', 'its CPU', 'memory'];
  console.log([''.padEnd(40), ...columns.map((column) => column.padEnd(24))].join(''));
  for (const start of starts) {
    const cold = functions.find(({ name }) => name === start.name);
    const resident = cold && `${Math.round((await memoryAfter(cold)) / 1e6)} MB`;
    const spreads = [
      start.import,
      start.importProcessor,
      start.importOnLambda,
      start.firstRequest,
      start.firstRequestProcessor,
    ].map(described);
    console.log(
      [start.name.padEnd(40), ...[...spreads, resident ?? ''].map((cell) => cell.padEnd(24))].join(''),
    );
  }
  await stack.stop();
  process.exit(); // the KMS of coldFunctions still listens
}

function described(spread: Spread | undefined): string {
  if (spread === undefined) return '';
  const [median, fastest, slowest] = [spread.median, spread.fastest, spread.slowest].map((ms) =>
    ms.toFixed(1),
  );
  return `${median} (${fastest} – ${slowest})`;
}
