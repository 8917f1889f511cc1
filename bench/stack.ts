// Gatehouse as it is deployed, the minified bundles, in this process against a DynamoDB and an inbox of its own.

import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { bundleForDeployment } from '../tools/build/bundle.ts';
import { readService, routesOf } from '../tools/deploy/service.ts';
import { buildFolder, root } from '../tools/folders.ts';
import { startDynoxide } from '../tools/local/dynoxide.ts';
import { localEnvironment } from '../tools/local/environment.ts';
import { gatewayEvent } from '../tools/local/gateway-event.ts';
import { startInbox } from '../tools/local/inbox.ts';
import { freePort } from '../tools/local/ports.ts';
import { createTables } from '../tools/local/tables.ts';
import { type MeteringDynamodb, startMeteringDynamodb } from './metering-dynamodb.ts';

const PREFIX = 'bench';

export type Call = {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: object;
  sourceIp?: string;
};
export type Reply = { status: number; json: Record<string, unknown>; bytesIn: number; bytesOut: number };

/** The functions of one configuration, warm. */
export type Functions = {
  /** What the function of the event's route answers, or `undefined` when there is none. */
  answer(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult | undefined>;
  /** Calls the function of the route as API Gateway would. @throws Error when it does not answer 2xx */
  send(call: Call): Promise<Reply>;
  /** Makes the mail of a reset request, as the stream would, and returns the tag in its link. */
  mailedTag(tagId: string): Promise<string>;
};

export type Stack = {
  dynamodbUrl: string;
  inboxUrl: string;
  prefix: string;
  /** Functions of their own, with these variables set besides; their log goes nowhere. */
  functions(variables?: Record<string, string>): Promise<Functions>;
  /** Puts a meter in front of the store; stopped with the stack. */
  meter(options?: { delay?: number }): Promise<MeteringDynamodb>;
  stop(): Promise<void>;
};

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

export type StackOptions = {
  /** Where the store keeps its data; in memory without one. */
  file?: string;
  /** How the functions are bundled, and where to. */
  bundle?: typeof bundleForDeployment;
  folder?: string;
};

export async function startStack({
  file,
  bundle = bundleForDeployment,
  folder = `${buildFolder}bench/`,
}: StackOptions = {}): Promise<Stack> {
  const [dynoxide, inbox] = await Promise.all([
    freePort().then((port) => startDynoxide({ port, ...(file !== undefined && { file }) })),
    freePort().then((port) => startInbox({ port })),
    bundle(functionNames(), folder),
  ]);
  await createTables({ endpoint: dynoxide.url, prefix: PREFIX, streams: false });
  const meters: MeteringDynamodb[] = [];
  return {
    dynamodbUrl: dynoxide.url,
    inboxUrl: inbox.url,
    prefix: PREFIX,
    async functions(variables = {}) {
      return openFunctions({ folder, dynamodbUrl: dynoxide.url, inboxUrl: inbox.url, variables });
    },
    async meter(options) {
      const meter = await startMeteringDynamodb(dynoxide.url, options);
      meters.push(meter);
      return meter;
    },
    async stop() {
      for (const part of [...meters, inbox, dynoxide]) await part.stop();
    },
  };
}

export type Place = {
  /** Where the bundles are. */
  folder: string;
  dynamodbUrl: string;
  inboxUrl: string;
  /** Set besides. */
  variables: Record<string, string>;
};

/** Imports the bundles under an environment of their own, and warms them up. */
export async function openFunctions({ folder, dynamodbUrl, inboxUrl, variables }: Place): Promise<Functions> {
  Object.assign(
    process.env,
    localEnvironment({}),
    {
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl,
      AWS_ENDPOINT_URL_SES: inboxUrl,
      TABLE_PREFIX: PREFIX,
      PASSWORD_HASH: 'bcrypt',
      SIGNING_ALGORITHM: 'RS256',
      // Lines of the log and metrics are work that the deployed functions do: done here too, into nothing.
      LOG_LEVEL: 'INFO',
      METRICS_SERVICE: PREFIX,
      LIMIT_LOGIN_FAILURES: '1000000',
      LIMIT_SIGNUPS: '1000000',
      LIMIT_FORGETS: '1000000',
      LIMIT_REFRESHES: '1000000',
      LIMIT_UNVERIFIED_MAILS: '1000000',
      LIMIT_VERIFICATIONS: '1000000',
    },
    variables,
  );
  const functions = await importFunctions(folder, inboxUrl);
  await warmUp(functions); // the SDK reads its endpoint at the first call
  return functions;
}

async function importFunctions(folder: string, inboxUrl: string): Promise<Functions> {
  const service = await readService();
  const names = functionNames();
  const version = randomUUID();
  const handlers = new Map<string, Handler>();
  for (const name of names) {
    const file = `${folder}functions/${name}.js?${version}`;
    const { handler } = (await unheard(() => import(file))) as { handler: Handler };
    handlers.set(name, handler);
  }
  const routes = new Map(
    routesOf(service).map(({ method, path, name }) => [`${method} ${path}`, handlers.get(name)] as const),
  );

  async function answer(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult | undefined> {
    const handler = routes.get(`${event.httpMethod} ${event.resource}`);
    return handler && ((await unheard(() => handler(event, context()))) as APIGatewayProxyResult);
  }

  // As a deployment does.
  await unheard(() => (handlers.get('rotate-keys') as Handler)({ command: 'rotate' }, context()));

  return {
    answer,

    async send(call) {
      const event = eventOf(call);
      const { statusCode, body } = (await answer(event)) ?? { statusCode: 404, body: '' };
      if (statusCode >= 300) throw new Error(`${call.path} answered ${statusCode} ${body}`);
      return {
        status: statusCode,
        json: body === '' ? {} : JSON.parse(body),
        bytesIn: Buffer.byteLength(event.body ?? ''),
        bytesOut: Buffer.byteLength(body),
      };
    },

    async mailedTag(tagId) {
      const SequenceNumber = '100000000000000000001';
      const record = { eventName: 'INSERT', dynamodb: { Keys: { tagId: { S: tagId } }, SequenceNumber } };
      await unheard(() => (handlers.get('send-mail') as Handler)({ Records: [record] }, context()));
      const { emails } = (await (await fetch(`${inboxUrl}/store`)).json()) as {
        emails: { body: { text: string } }[];
      };
      await fetch(`${inboxUrl}/clear-store`, { method: 'POST' }).catch(() => undefined);
      const tag = /tag=([\w-]+)/.exec(emails.at(-1)?.body.text ?? '')?.[1];
      if (tag === undefined) throw new Error('no mail came with a tag');
      return tag;
    },
  };
}

/** Each route once, so that keys are cached and connections are open. */
async function warmUp(functions: Functions): Promise<void> {
  const person = await signUp(functions);
  const { refreshToken, accessToken } = await logIn(functions, person);
  await functions.send({ path: '/auth', headers: { authorization: `Bearer ${accessToken}` } });
  await functions.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
  await functions.send({ path: '/auth/logout', body: { refreshToken } });
  const { json } = await functions.send({ path: '/accounts/forgetpassword', body: { email: person.email } });
  const tag = await functions.mailedTag(String(json.tag));
  await functions.send({
    path: `/auth/reset-password?token=${tag}`,
    body: { password: 'battery staple horse' },
  });
}

export type Person = { name: string; email: string; password: string };

export function somebody(): Person {
  return { name: 'Ada Lovelace', email: `${randomUUID()}@example.com`, password: 'correct horse battery' };
}

export async function signUp(functions: Functions, person: Person = somebody()): Promise<Person> {
  await functions.send({ path: '/auth/register', body: { ...person, confirm: person.password } });
  return person;
}

export async function logIn(functions: Functions, { email, password }: Person) {
  const { json } = await functions.send({ path: '/auth/login', body: { email, password } });
  return json as { accessToken: string; refreshToken: string };
}

function functionNames(): string[] {
  return readdirSync(`${root}functions`).map((name) => name.replace('.ts', ''));
}

let unheardRuns = 0;
for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = ((...line: Parameters<typeof write>) =>
    unheardRuns > 0 ? true : write(...line)) as typeof stream.write;
}

/** Runs it with nothing written on standard output and error, where functions log. */
async function unheard<T>(run: () => Promise<T>): Promise<T> {
  unheardRuns += 1;
  try {
    return await run();
  } finally {
    unheardRuns -= 1;
  }
}

function context() {
  const end = Date.now() + 30_000;
  return { awsRequestId: randomUUID(), getRemainingTimeInMillis: () => end - Date.now() };
}

/** The event that API Gateway makes of a request. */
export function eventOf({ method = 'POST', path, headers = {}, body, sourceIp }: Call): APIGatewayProxyEvent {
  return gatewayEvent({
    method,
    url: path,
    headers: Object.entries(body ? { 'Content-Type': 'application/json', ...headers } : headers),
    body: body && Buffer.from(JSON.stringify(body)),
    base64: false,
    ...(sourceIp !== undefined && { sourceIp }),
  });
}
