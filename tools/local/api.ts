// API Gateway and Lambda on this machine: serverless-offline, in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type Service, serverlessProgram } from '../deploy/service.ts';
import { buildFolder, root } from '../folders.ts';
import type { OnEnd, Part } from './part.ts';
import { freePort } from './ports.ts';

export interface ApiOptions {
  readonly port: number;
  /** Variables that differ from this process's own: `DYNAMODB_ENDPOINT`, `SES_PORT`, or any of the functions'. */
  readonly env?: Readonly<Record<string, string>>;
  /** Gets what the API and the functions print, line by line. */
  readonly log?: (line: string) => void;
  /** Gets serverless.yml as the framework has resolved it, well before the API serves. */
  readonly onDescribed?: (service: Service) => void;
  readonly onEnd?: OnEnd;
}

export interface Api extends Part {
  /** Where functions can be invoked directly. */
  readonly lambdaUrl: string;
}

/** Builds the functions and serves them. Resolves when it answers. @throws Error with the framework's words */
export async function startApi({
  port,
  env = {},
  log = () => undefined,
  onDescribed,
  onEnd,
}: ApiOptions): Promise<Api> {
  const lambdaPort = await freePort(); // the usual 3002 would be the second stack's undoing
  const args = ['offline', 'start', '--httpPort', String(port), '--lambdaPort', String(lambdaPort)];
  const child = fork(serverlessProgram, args, {
    cwd: root,
    env: {
      ...process.env,
      ...env,
      PORT: String(port),
      GATEHOUSE_OWNED: '1', // tools/deploy/plugin.ts ends with us
      SLS_LOG_LEVEL: 'error',
      NO_COLOR: '1',
      NODE_COMPILE_CACHE: `${buildFolder}compiled`, // the framework is large: it saves a third of a second
    },
    detached: true, // Ctrl-C reaches the starter alone, which stops its parts in order
    silent: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    let partial = '';
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-4000);
      const lines = (partial + chunk).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') log(line);
    });
  }

  let stopping = false;
  const ended = once(child, 'exit').then(() => {
    if (!stopping) onEnd?.('The API ended by itself.');
  });

  async function stop(): Promise<void> {
    stopping = true;
    child.kill('SIGTERM');
    const tooLong = setTimeout(() => child.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(tooLong);
  }

  const ready = new Promise<boolean>((resolve) => {
    // From tools/deploy/plugin.ts: first the service, later that it serves.
    child.on('message', (message: Service | 'ready') => {
      if (message === 'ready') resolve(true);
      else onDescribed?.(message);
    });
    child.once('exit', () => resolve(false));
  });
  if (!(await ready)) throw new Error(`The API did not start:\n${output.trim()}`);
  return { url: `http://127.0.0.1:${port}`, lambdaUrl: `http://127.0.0.1:${lambdaPort}`, stop };
}
