import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataFolder, root } from '../../tools/folders.ts';
import { freePort } from '../../tools/local/ports.ts';

const CLIENTS = 50;
const ROUNDS = 3;
const LOAD_MS = 12_000;

type Reply = { status: number; body: Record<string, string> };
type Tokens = { accessToken: string; refreshToken: string };

/** What a client was told, and so what must hold after the crash. */
type Promised = {
  email: string;
  password: string;
  replacedPassword?: string;
  ended?: Tokens;
  /** A change was under way when the answer stopped coming: either outcome is right. */
  unsettled?: 'password' | 'session';
};

let ports: { api: number; dynamodb: number; ses: number };
let folder: string;
let stack: ChildProcess;

beforeAll(async () => {
  ports = { api: await freePort(), dynamodb: await freePort(), ses: await freePort() };
  folder = `${dataFolder}${ports.dynamodb}/`; // there already: the stack takes it, and leaves `.local/` alone
  mkdirSync(folder, { recursive: true });
  stack = await startStack();
});

afterAll(() => {
  killAll(stack);
  rmSync(folder, { recursive: true, force: true });
});

test('what was acknowledged before `kill -9` of store and API holds after it', async () => {
  const totals = { signUps: 0, logOuts: 0, resets: 0, unanswered: 0 };
  for (let round = 1; round <= ROUNDS; round += 1) {
    const promises: Promised[] = [];
    const load = Promise.all(Array.from({ length: CLIENTS }, (_, nth) => client(nth, promises, totals)));
    await pause(LOAD_MS);
    killAll(stack);
    await load;
    stack = await startStack();

    const broken = (await inTurns(8, promises, brokenPromise)).filter((fault) => fault !== undefined);
    expect(broken).toEqual([]);
  }
  console.log(`${ROUNDS} kills under ${CLIENTS} clients; acknowledged and held: ${JSON.stringify(totals)}`);
  expect(Math.min(totals.signUps, totals.logOuts, totals.resets)).toBeGreaterThan(CLIENTS);
  expect(totals.unanswered).toBeGreaterThan(0);
}, 600_000);

test.each([
  ['answers', {}],
  ['is away', { AWS_ENDPOINT_URL_EVENTBRIDGE: 'http://127.0.0.1:9' }], // the port discard: nobody listens
])(
  'events of what was acknowledged before `kill -9`, while the bus %s, are all published after it, in the order of each user',
  async (_, environment) => {
    const settled: string[] = [];
    killAll(stack);
    stack = await startStack(environment);
    const load = Promise.all(Array.from({ length: 8 }, () => logsInAndOut(settled)));
    await pause(6_000);
    killAll(stack);
    await load;
    const before = publishedLines().length;
    stack = await startStack();
    const wanted = ['user.created', 'session.opened', 'session.ended'];
    const missing = () => {
      const known = new Map(publishedByUser().map(([userId, events]) => [userId, events.length]));
      return settled.filter((userId) => (known.get(userId) ?? 0) < wanted.length);
    };
    await expect.poll(missing, { timeout: 120_000, interval: 500 }).toEqual([]);
    for (const [, events] of publishedByUser().filter(([userId]) => settled.includes(userId)))
      expect(events).toEqual(wanted);
    const twice =
      publishedLines().length - new Set(publishedLines().map(({ detail }) => detail.eventId)).size;
    console.log(
      `${settled.length} users; ${before} events before the kill, ${twice} published a second time`,
    );
    expect(settled.length).toBeGreaterThan(5);
  },
  600_000,
);

/** Signs up people, who log out at once, until the stack is gone. @param settled gets the ids of those who were answered to the end */
async function logsInAndOut(settled: string[]): Promise<void> {
  try {
    for (;;) {
      const [email, password] = [`${randomUUID()}@example.com`, 'correct horse battery'];
      await post('/auth/register', { name: 'Ada', email, password, confirm: password });
      const { body } = await post('/auth/login', { email, password });
      const { status } = await post('/auth/logout', { refreshToken: String(body.refreshToken) });
      if (status === 200) settled.push(String(decodeJwt(String(body.accessToken)).sub));
    }
  } catch {
    // The stack is gone.
  }
}

type PublishedLine = { 'detail-type': string; detail: { eventId: string; userId: string } };

/** What the local bus has; half a line of a write that was killed is none. */
function publishedLines(): PublishedLine[] {
  if (!existsSync(`${folder}events.jsonl`)) return [];
  return readFileSync(`${folder}events.jsonl`, 'utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        return [JSON.parse(text) as PublishedLine];
      } catch {
        return [];
      }
    });
}

/** The types of each user's events, in the order in which each was published for the first time. */
function publishedByUser(): [userId: string, types: string[]][] {
  const users = new Map<string, Map<string, string>>();
  for (const { 'detail-type': type, detail } of publishedLines()) {
    const events = users.get(detail.userId) ?? new Map<string, string>();
    users.set(detail.userId, events);
    if (!events.has(detail.eventId)) events.set(detail.eventId, type);
  }
  return [...users].map(([userId, events]) => [userId, [...events.values()]]);
}

/** Signs up people until the stack is gone; every third logs out, every third resets the password. */
async function client(nth: number, promises: Promised[], totals: Record<string, number>): Promise<void> {
  for (let turn = nth; ; turn += 1) {
    const person: Promised = { email: `${randomUUID()}@example.com`, password: 'correct horse battery' };
    try {
      const { email, password } = person;
      const signUp = { name: 'Ada', email, password, confirm: password };
      if ((await post('/auth/register', signUp)).status !== 201) continue;
      promises.push(person);
      count(totals, 'signUps');

      if (turn % 3 === 1) await logOut(person, totals);
      if (turn % 3 === 2) await reset(person, totals);
    } catch {
      count(totals, 'unanswered');
      return;
    }
  }
}

async function logOut(person: Promised, totals: Record<string, number>): Promise<void> {
  const { status, body } = await post('/auth/login', { email: person.email, password: person.password });
  if (status !== 200) return;
  person.unsettled = 'session';
  person.ended = body as Tokens;
  const answer = await post('/auth/logout', { refreshToken: person.ended.refreshToken });
  if (answer.status !== 200) return;
  delete person.unsettled;
  count(totals, 'logOuts');
}

async function reset(person: Promised, totals: Record<string, number>): Promise<void> {
  await post('/auth/forget-password', { email: person.email });
  const tag = await mailedTag(person.email);
  person.unsettled = 'password';
  const answer = await post(`/auth/reset-password?token=${tag}`, { password: 'another one entirely' });
  if (answer.status !== 200) return;
  delete person.unsettled;
  person.replacedPassword = person.password;
  person.password = 'another one entirely';
  count(totals, 'resets');
}

/** What of a promise does not hold; `undefined` when all does. */
async function brokenPromise(promised: Promised): Promise<string | undefined> {
  const { email, password, replacedPassword, ended, unsettled } = promised;
  if (unsettled !== 'password') {
    const { status } = await post('/auth/login', { email, password });
    if (status !== 200) return `an acknowledged account answers ${status} to its password`;
  }
  if (replacedPassword !== undefined) {
    const { status } = await post('/auth/login', { email, password: replacedPassword });
    if (status !== 401) return `a replaced password answers ${status}`;
  }
  if (ended !== undefined && unsettled !== 'session') {
    const refreshed = await post('/auth/refresh-tokens', { refreshToken: ended.refreshToken });
    const welcome = await post('/auth', undefined, { authorization: `Bearer ${ended.accessToken}` });
    if (refreshed.status !== 401 || welcome.status !== 401)
      return `tokens of an ended session answer ${refreshed.status} and ${welcome.status}`;
  }
  return undefined;
}

async function mailedTag(email: string): Promise<string> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${ports.ses}/store`);
    const { emails } = (await response.json()) as {
      emails: { destination: { to: string[] }; body: { text: string } }[];
    };
    const mail = emails.find(({ destination }) => destination.to.includes(email));
    const tag = /tag=([\w-]+)/.exec(mail?.body.text ?? '')?.[1];
    if (tag !== undefined) return tag;
    await pause(200);
  }
}

async function post(path: string, body?: object, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(`http://127.0.0.1:${ports.api}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

function count(totals: Record<string, number>, what: string): void {
  totals[what] = (totals[what] ?? 0) + 1;
}

async function inTurns<T, R>(width: number, all: T[], act: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...all];
  const worker = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) results.push(await act(next));
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

/** `npm start` as a user has it, with data in a folder of its own. */
async function startStack(environment: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['tools/local/start.ts'], {
    cwd: root,
    env: {
      ...withoutStack(process.env),
      PORT: String(ports.api),
      DYNAMODB_PORT: String(ports.dynamodb),
      SES_PORT: String(ports.ses),
      BCRYPT_COST: '4',
      EVENTS: 'on',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (/^ready$/m.test(text)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the stack ended with ${code}`)));
  });
  return child;
}

/** The environment without what test/harness/environment.ts has put there for another stack. */
function withoutStack(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = environment;
  return { PATH, HOME, TMPDIR };
}

/** `kill -9` of a process and all that descend from it, which leaves none of them a chance to finish anything. */
function killAll({ pid }: ChildProcess): void {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  const family = [pid as number];
  for (const one of family) for (const [child, parent] of parents) if (parent === one) family.push(child);
  for (const one of family) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}
