import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What can become of a call to DynamoDB but its answer. */
export const faults = [
  'throttled',
  'failed',
  'lost before its commit',
  'lost after its commit',
  'in conflict with a transaction',
  'in progress already',
] as const;
export type Fault = (typeof faults)[number] | 'left without an answer' | 'refused in its own words';

/** How long a fault lasts: SDK and stores try a call again, and the calls after it may fail as well. */
export const durations = ['once', 'as long as the call is tried', 'from that call on'] as const;

/** A call's place in a request: its name, and how many of this name came before, so that order is no matter. */
export type Trouble = { call: string; fault: Fault; lasts: (typeof durations)[number] };

/** Whether DynamoDB answers such a call with such a fault at all. */
export function canMeet(call: string, fault: Fault): boolean {
  if (fault === 'in progress already') return call.startsWith('TransactWriteItems');
  return fault !== 'in conflict with a transaction' || !isRead(call);
}

const isRead = (call: string) => /^(GetItem|Scan|Query)/.test(call);

export type FaultyDynamodb = {
  url: string;
  /** The calls so far, each once however often it was tried: `GetItem users 1`, `TransactWriteItems emails+users 1`. */
  calls: string[];
  /** What IAM would have to allow for them: `dynamodb:PutItem users`. A transaction is what it is made of. */
  actions: Set<string>;
  /** How often trouble struck. */
  struck(): number;
  /** Resolves with the first call. */
  reached: Promise<void>;
  /** From now on everything works. */
  heal(): void;
  stop(): Promise<void>;
};

/** DynamoDB's HTTP API in front of the real one, with one trouble in it. */
export async function startFaultyDynamodb(upstream: string, trouble?: Trouble): Promise<FaultyDynamodb> {
  const calls: string[] = [];
  const actions = new Set<string>();
  const names = new Map<string, string>();
  const reached = Promise.withResolvers<void>();
  let struck = 0;
  const victims = new Set<string>();
  let healed = false;

  function nameOf(headers: IncomingHttpHeaders, body: Buffer): { name: string; again: boolean } {
    const input = JSON.parse(body.toString());
    const operation = String(headers['x-amz-target']).replace(/^.*\./, '');
    const id = String(input.ClientRequestToken ?? headers['amz-sdk-invocation-id']);
    const known = names.get(id);
    if (known !== undefined) return { name: known, again: true };
    const kind = `${operation} ${tablesOf(input)}`;
    const name = `${kind} ${calls.filter((call) => call.startsWith(`${kind} `)).length + 1}`;
    names.set(id, name);
    calls.push(name);
    for (const action of actionsOf(operation, input)) actions.add(action);
    return { name, again: false };
  }

  function strikes({ name, again }: { name: string; again: boolean }): Fault | undefined {
    if (trouble === undefined) return undefined;
    const { call, fault, lasts } = trouble;
    // A write that an abandoned request goes on trying must not come between the checks of the next.
    if (healed) return victims.has(name) && again && !isRead(name) && lasts !== 'once' ? fault : undefined;
    if (struck === 0 ? name !== call : lasts !== 'from that call on' && name !== call) return undefined;
    if (lasts === 'once' && again) return undefined;
    struck += 1;
    victims.add(name);
    // A fault that this call cannot meet is an outage to it.
    return canMeet(name, fault) ? fault : 'failed';
  }

  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const call = nameOf(incoming.headers, body);
    reached.resolve();
    const fault = strikes(call);
    if (fault === undefined) return forward(upstream, incoming, body, outgoing);
    await inflict[fault]({ upstream, incoming, body, outgoing, call: call.name });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };

  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    actions,
    struck: () => struck,
    reached: reached.promise,
    heal() {
      healed = true;
    },
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

type Victim = {
  upstream: string;
  incoming: IncomingMessage;
  body: Buffer;
  outgoing: ServerResponse;
  call: string;
};

const inflict: Record<Fault, (victim: Victim) => Promise<void> | void> = {
  throttled: ({ outgoing }) => refuse(outgoing, 400, 'ProvisionedThroughputExceededException'),
  failed: ({ outgoing }) => refuse(outgoing, 500, 'InternalServerError'),
  'left without an answer': () => undefined,
  // As a line of its own that looks like a frame of a stack, too.
  'refused in its own words': ({ outgoing, body }) =>
    refuse(outgoing, 400, 'ValidationException', { message: `${body}\n    at ${body}\r\n{"level":"INFO"}` }),
  'lost before its commit': ({ outgoing }) => cut(outgoing),
  async 'lost after its commit'({ upstream, incoming, body, outgoing }) {
    await call(upstream, incoming.headers, body);
    cut(outgoing);
  },
  'in conflict with a transaction'({ body, outgoing, call }) {
    if (!call.startsWith('TransactWriteItems')) return refuse(outgoing, 400, 'TransactionConflictException');
    const { TransactItems } = JSON.parse(body.toString()) as { TransactItems: object[] };
    const CancellationReasons = TransactItems.map((_, index) => ({
      Code: index === 0 ? 'TransactionConflict' : 'None',
    }));
    refuse(outgoing, 400, 'TransactionCanceledException', { CancellationReasons });
  },
  'in progress already': ({ outgoing }) => refuse(outgoing, 400, 'TransactionInProgressException'),
};

function refuse(outgoing: ServerResponse, status: number, type: string, more: object = {}): void {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: `${type} of a test`, ...more };
  outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}

function cut(outgoing: ServerResponse): void {
  outgoing.socket?.destroy();
}

async function forward(upstream: string, incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse) {
  const answer = await call(upstream, incoming.headers, body);
  outgoing.writeHead(answer.status, answer.headers).end(answer.body);
}

function call(
  upstream: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const onward = request(upstream, { method: 'POST', headers }, (answer) => {
      buffer(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes }),
        reject,
      );
    });
    onward.on('error', reject).end(body);
  });
}

/** The tables of a call without their prefix, such as `emails+users`. */
type Input = {
  TableName?: string;
  TransactItems?: Record<string, { TableName: string }>[];
  /** Of a batch, by its tables. */
  RequestItems?: object;
};

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html */
function actionsOf(operation: string, input: Input): string[] {
  const { TransactItems } = input;
  if (TransactItems === undefined) return [`dynamodb:${operation} ${tablesOf(input)}`];
  return TransactItems.flatMap((item) =>
    Object.entries(item).map(([kind, { TableName }]) => {
      const action = kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`;
      return `dynamodb:${action} ${tableOf(TableName)}`;
    }),
  );
}

function tablesOf({ TableName = '', RequestItems, TransactItems }: Input): string {
  const names = TransactItems?.flatMap((item) => Object.values(item).map(({ TableName }) => TableName));
  return [...new Set(names ?? Object.keys(RequestItems ?? { [TableName]: {} }))].map(tableOf).join('+');
}

function tableOf(name: string): string {
  return name.replace(/^.*-(?=[a-z]+$)/, '').replace(/^tags$/, 'reset-tags');
}
