// moto_server in a virtual environment of its own, and calls to it.
import { execFile, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { serverlessProgram } from '../../../tools/deploy/service.ts';
import { buildFolder, root } from '../../../tools/folders.ts';
import { freePort } from '../../../tools/local/ports.ts';
import { untilAnswers } from '../../../tools/local/wait-for-http.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers of a dozen services, read by tests that fail on a wrong shape
export type Answer = any;

export interface SimulatedAws {
  readonly url: string;
  /** Region and credentials as the command line and Lambda find them. */
  readonly environment: Readonly<Record<string, string>>;
  /** `ask('lambda', 'GetFunction', {…})`: one operation of one service, by the SDK clients of the framework. */
  ask(client: string, operation: string, input?: object): Promise<Answer>;
  /** An operation of a service whose client nobody here depends on; unsigned, which moto does not mind. */
  query(service: string, path: string, parameters: Record<string, string>): Promise<string>;
  /** The mails that SES has taken for this address, oldest first. */
  mailsTo(address: string): Promise<{ source: string; subject: string; body: string }[]>;
  /** What moto printed, the functions that a deployment invoked among it. */
  logFile: string;
  stop(): Promise<void>;
}

const region = 'eu-central-1';
const environmentFolder = `${buildFolder}deploy-python/`;
const python = `${environmentFolder}bin/python`;
const run = promisify(execFile);

/** Packages of PyPI, each with the range that this test was written for. */
const tools = { moto: 'moto[server]==5.2.*', cfnLint: 'cfn-lint==1.*', checkov: 'checkov==3.*' };

/**
 * Makes the virtual environments, unless they are there: checkov's is its own, since its pins exclude moto's.
 * @throws Error with the words of Python or pip
 */
export async function installTools(): Promise<void> {
  await installSimulator();
  await install(`${buildFolder}deploy-checkov/`, 'checkov', [tools.checkov]);
}

/** moto and cfn-lint alone. @throws Error as above */
export async function installSimulator(): Promise<void> {
  await install(environmentFolder, 'moto_server', [tools.moto, tools.cfnLint]);
}

async function install(folder: string, program: string, packages: string[]): Promise<void> {
  if (existsSync(`${folder}bin/${program}`)) return;
  await run('python3', ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1'];
  await run(`${folder}bin/python`, [...pip, ...packages]);
}

/** Runs one of the tools; its output, and whether it was content. */
export async function check(
  tool: 'cfn-lint' | 'checkov',
  args: string[],
): Promise<{ ok: boolean; output: string }> {
  const folder = tool === 'checkov' ? `${buildFolder}deploy-checkov/` : environmentFolder;
  try {
    const { stdout, stderr } = await run(`${folder}bin/${tool}`, args, { cwd: root, maxBuffer: 2 ** 26 });
    return { ok: true, output: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return { ok: false, output: `${stdout}${stderr}` || message };
  }
}

export async function startSimulatedAws(): Promise<SimulatedAws> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logFile = `${buildFolder}deploy-moto.log`;
  mkdirSync(buildFolder, { recursive: true });
  const log = createWriteStream(logFile);
  const ended = new AbortController();
  const server = spawn(python, [`${root}test/operations/deploy/simulated_aws.py`, '-p', String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of the shell's AWS settings: this must never reach an account.
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME },
      ...{ MOTO_ACCOUNT_ID: '123456789012', PYTHONDONTWRITEBYTECODE: '1' },
    },
  });
  server.stdout.pipe(log, { end: false });
  server.stderr.pipe(log, { end: false });
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  server.once('exit', () => ended.abort(new Error(`moto_server ended: see ${logFile}.`)));
  process.once('exit', () => server.kill());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  await untilAnswers(`${url}/moto-api/`, 60, ended.signal);

  const environment = {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
  };
  const fromFramework = createRequire(serverlessProgram());
  const clients = new Map<string, Answer>();
  const sdk = (name: string) => fromFramework(`@aws-sdk/client-${name}`) as Answer;

  return {
    logFile,
    url,
    environment,
    async ask(name, operation, input = {}) {
      const { [`${operation}Command`]: Command, ...classes } = sdk(name);
      const known = clients.get(name);
      const Client = Object.entries(classes).find(
        ([key]) => key.endsWith('Client') && !key.startsWith('__'),
      )?.[1] as Answer;
      const credentials = { accessKeyId: 'simulated', secretAccessKey: 'simulated' };
      const client = known ?? new Client({ endpoint: url, region, credentials, forcePathStyle: true });
      clients.set(name, client);
      return client.send(new Command(input));
    },
    async query(service, path, parameters) {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: {
          authorization: `AWS4-HMAC-SHA256 Credential=simulated/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=none`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams(parameters),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${service} ${parameters.Action}: ${response.status} ${text}`);
      return text;
    },
    async mailsTo(address) {
      const models = (await (await fetch(`${url}/moto-api/data.json`)).json()) as Answer;
      const mails = models.ses.Message as Answer[];
      return mails.filter(({ destinations }) => JSON.stringify(destinations).includes(address));
    },
    async stop() {
      server.kill();
      await gone;
      log.end();
    },
  };
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs: Readonly<Record<string, unknown>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdatePolicy?: Answer;
  readonly Properties: Answer;
}

export const templateFile = 'cloudformation-template-update-stack.json';

/** The template that was packaged into this folder of the repository. */
export function packagedTemplate(folder: string): Template {
  return JSON.parse(readFileSync(root + folder + templateFile, 'utf8')) as Template;
}
