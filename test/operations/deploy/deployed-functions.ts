// Runs what was deployed: each function's own zip, unpacked where nothing else is, with the environment of its
// configuration and nothing more.
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import type { APIGatewayProxyResult, DynamoDBRecord } from 'aws-lambda';
import type { Pattern } from '../../../tools/deploy/service.ts';
import { root } from '../../../tools/folders.ts';
import { passes } from '../../../tools/local/event-filter.ts';
import { type Call, type Reply, toEvent } from '../../harness/client.ts';
import type { Answer, SimulatedAws } from './simulated-aws.ts';

export interface DeployedFunctions {
  /** The files of each function's zip. */
  readonly files: Readonly<Record<string, string[]>>;
  /** What the deployed API's route of this request answers. */
  send(call: Call): Promise<Reply>;
  /** What a function, by its short name, gives back for an event. */
  invoke(name: string, event: unknown): Promise<Answer>;
  /** Hands new records of its stream to a function, send-mail unless it is named, filtered as its mapping in the template says. */
  deliverStream(to?: string): Promise<{ read: number; delivered: number; answer: Answer }>;
  stop(): void;
}

/** A function that a table's stream calls, by its short name and the table's whole one. */
export type Reader = { name: string; table: string; patterns: readonly Pattern[] };

export async function downloadFunctions(
  aws: SimulatedAws,
  prefix: string,
  stack: { bucket: string; codeKeys: Readonly<Record<string, string>>; readers: readonly Reader[] },
  restApiId: string,
): Promise<DeployedFunctions> {
  const folder = mkdtempSync(`${tmpdir()}/gatehouse-deployed-`);
  const files: Record<string, string[]> = {};
  const children = new Map<string, Promise<ChildProcess>>();
  const shardPositions = new Map<string, string>();
  let sent = 0;

  for (const [name, key] of Object.entries(stack.codeKeys)) {
    const { Body } = await aws.ask('s3', 'GetObject', { Bucket: stack.bucket, Key: key });
    const home = `${folder}/${name}`;
    mkdirSync(home);
    writeFileSync(`${home}.zip`, await Body.transformToByteArray());
    await promisify(execFile)('unzip', ['-q', `${home}.zip`, '-d', home]);
    files[name] = readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(home.length + 1))
      .sort();
  }

  const routes = await deployedRoutes(aws, restApiId, prefix);

  async function start(name: string): Promise<ChildProcess> {
    const { Handler, Environment, FunctionName } = await aws.ask('lambda', 'GetFunctionConfiguration', {
      FunctionName: prefix + name,
    });
    const child = fork(`${root}test/operations/deploy/runtime.ts`, [Handler], {
      cwd: `${folder}/${name}`,
      execArgv: [],
      env: { ...Environment.Variables, ...aws.environment, AWS_LAMBDA_FUNCTION_NAME: FunctionName },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let complaint = '';
    child.stderr?.on('data', (data) => {
      complaint += data;
    });
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', () => reject(new Error(`the deployed ${name} does not start: ${complaint}`)));
    });
    return child;
  }

  async function invoke(name: string, event: unknown): Promise<Answer> {
    const starting = children.get(name) ?? start(name);
    children.set(name, starting);
    const child = await starting;
    sent += 1;
    const id = sent;
    return new Promise((resolve, reject) => {
      const receive = (message: Answer) => {
        if (message.id !== id) return;
        child.off('message', receive);
        if (message.error) reject(new Error(`${name} failed: ${message.error}`));
        else resolve(message.result);
      };
      child.on('message', receive);
      child.send({ id, event });
    });
  }

  return {
    files,
    invoke,

    async send(call) {
      const event = toEvent(call, Object.keys(routes));
      const name = routes[`${event.httpMethod} ${event.resource}`];
      if (name === undefined) throw new Error(`no route ${event.httpMethod} ${event.resource} was deployed`);
      const { statusCode, headers = {}, body } = (await invoke(name, event)) as APIGatewayProxyResult;
      const lowerCase = Object.entries(headers).map(([key, value]) => [key.toLowerCase(), String(value)]);
      return {
        status: statusCode,
        headers: Object.fromEntries(lowerCase),
        text: body,
        json: body.startsWith('{') || body.startsWith('[') ? JSON.parse(body) : undefined,
      };
    },

    async deliverStream(to = 'send-mail') {
      const reader = stack.readers.find(({ name }) => name === to);
      if (reader === undefined) throw new Error(`no mapping for ${to} was deployed`);
      const { Table } = await aws.ask('dynamodb', 'DescribeTable', { TableName: reader.table });
      const StreamArn = Table.LatestStreamArn as string;
      const { StreamDescription } = await aws.ask('dynamodb-streams', 'DescribeStream', { StreamArn });
      const records: DynamoDBRecord[] = [];
      for (const { ShardId } of StreamDescription.Shards) {
        const position = shardPositions.get(`${to} ${ShardId}`);
        const { ShardIterator } = await aws.ask('dynamodb-streams', 'GetShardIterator', {
          StreamArn,
          ShardId,
          ...(position === undefined
            ? { ShardIteratorType: 'TRIM_HORIZON' }
            : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position }),
        });
        const page = await aws.ask('dynamodb-streams', 'GetRecords', { ShardIterator });
        for (const record of page.Records) {
          shardPositions.set(`${to} ${ShardId}`, record.dynamodb.SequenceNumber);
          records.push(record);
        }
      }
      const wanted = records.filter((record) => reader.patterns.some((pattern) => passes(pattern, record)));
      const answer = wanted.length > 0 ? await invoke(to, { Records: wanted }) : undefined;
      return { read: records.length, delivered: wanted.length, answer };
    },

    stop() {
      for (const child of children.values()) child.then((started) => started.kill()).catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `POST /auth/login` and the like to the short name of the function that the deployed API gives it to. */
export async function deployedRoutes(
  aws: SimulatedAws,
  restApiId: string,
  prefix: string,
): Promise<Record<string, string>> {
  const { items } = await aws.ask('api-gateway', 'GetResources', {
    restApiId,
    embed: ['methods'],
    limit: 500,
  });
  const routes: Record<string, string> = {};
  for (const { id, path, resourceMethods = {} } of items) {
    for (const httpMethod of Object.keys(resourceMethods)) {
      const { uri, type } = await aws.ask('api-gateway', 'GetIntegration', {
        restApiId,
        resourceId: id,
        httpMethod,
      });
      if (type === 'MOCK') continue; // API Gateway itself answers: infrastructure/unknown-routes.ts
      const target = /function:([\w-]+)(?::[\w-]+)?\/invocations$/.exec(uri)?.[1] ?? '';
      routes[`${httpMethod} ${path}`] = target.startsWith(prefix) ? target.slice(prefix.length) : `? ${uri}`;
    }
  }
  return routes;
}
