// Verifiers outside Node: npm run test:long -- verifiers. What is not installed here is skipped, and said loudly.
import { execFile, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-verifiers-'));
const { privateKey, publicKey } = await generateKeyPair('RS256');
const foreign = await generateKeyPair('RS256');
let issuer = '';
const server = createServer(async (request, response) => {
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const discovery = {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    id_token_signing_alg_values_supported: ['RS256'],
  };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(request.url?.endsWith('jwks.json') ? { keys: [jwk] } : discovery));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function mint(claims: object = {}, typ = 'at+jwt', key = privateKey): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const ours = { iss: issuer, aud: issuer, sub: 'ada', userId: 'ada', sid: 's', iat: now, exp: now + 3600 };
  return new SignJWT({ ...ours, ...claims }).setProtectedHeader({ alg: 'RS256', typ, kid: 'one' }).sign(key);
}

/** Tokens that are good, then tokens that are not. */
async function tokens(): Promise<{ good: string[]; bad: string[] }> {
  const now = Math.floor(Date.now() / 1000);
  return {
    good: [await mint(), await mint({ iat: now + 2 })], // from a clock that is two seconds ahead
    bad: [
      await mint({}, 'at+jwt', foreign.privateKey),
      await mint({}, 'JWT'),
      await mint({ exp: now - 60 }),
      await mint({ iss: 'https://auth.example.org' }),
      await mint({ aud: 'https://api.example.com' }),
      'a.b.c',
    ],
  };
}

/** Runs a program while our server goes on answering it. */
function output(command: string, args: string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) =>
    execFile(command, args, { cwd, env: { ...process.env, ISSUER: issuer } }, (error, stdout, stderr) =>
      error ? reject(new Error(stderr || error.message)) : resolve(stdout),
    ),
  );
}

const works = ({ status }: SpawnSyncReturns<Buffer>) => status === 0;
const has = {
  go: works(spawnSync('go', ['version'])),
  python: works(spawnSync('python3', ['-m', 'venv', '--help'])),
};
for (const [name, there] of Object.entries(has)) {
  if (!there) console.warn(`\nSKIPPED: the verifiers of ${name}, which is not installed here.\n`);
}

const verdicts = ({ good, bad }: { good: string[]; bad: string[] }) => [
  ...good.map(() => 'ada'),
  ...bad.map(() => 'refused'),
];

test.skipIf(!has.python).for(['pyjwt[crypto]', 'joserfc'])(
  'the recipe for Python with %s takes good tokens and no others',
  async (requirement) => {
    const home = join(folder, 'python');
    cpSync('examples/verify/python', home, { recursive: true });
    await output('python3', ['-m', 'venv', 'venv'], home);
    await output('venv/bin/pip', ['install', '-q', requirement], home);
    const program = `
import sys
from with_${requirement.replace('[crypto]', '')} import verify
for token in sys.argv[1:]:
    try:
        print(verify(token)["userId"])
    except Exception:
        print("refused")`;
    const all = await tokens();
    const printed = await output('venv/bin/python', ['-c', program, ...all.good, ...all.bad], home);
    expect(printed.trim().split('\n')).toEqual(verdicts(all));
  },
);

test.skipIf(!has.go)('the recipes for Go take good tokens and no others', async () => {
  const home = join(folder, 'go');
  cpSync('examples/verify/go', home, { recursive: true });
  await output('go', ['mod', 'init', 'example.com/verify'], home);
  await output('go', ['mod', 'tidy'], home);
  const all = await tokens();
  const printed = await output('go', ['run', '.', ...all.good, ...all.bad], home);
  expect(printed.trim().split('\n')).toEqual([...verdicts(all), ...verdicts(all)]);
});
