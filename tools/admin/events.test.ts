import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { accountAdministration } from '../../lib/dynamodb/account-administration.ts';
import { accountWrites } from '../../lib/dynamodb/accounts.ts';
import { eventBridge, type PublishedEvent } from '../../lib/events/event-bus.ts';
import { overHttp } from '../../test/harness/client.ts';
import { startTestBus } from '../../test/harness/event-bus.ts';
import { discarded, startFakeSqs } from '../../test/harness/fake-sqs.ts';
import { ownTables } from '../../test/harness/own-tables.ts';
import { signedUp } from '../../test/harness/people.ts';
import { dataFolder, root } from '../folders.ts';
import { startEventBus } from '../local/event-bus.ts';
import type { Part } from '../local/part.ts';
import { freePort } from '../local/ports.ts';

// `npm run events`, as a process of its own, at a stack's folder and at a stage whose parts are here.

const { PATH, HOME, TMPDIR } = process.env;
const started: ChildProcess[] = [];
let port: number;
let folder: string;
let file: string;

beforeEach(async () => {
  port = await freePort();
  folder = `${dataFolder}${port}/`; // there already: the command takes it, and leaves `.local/` alone
  mkdirSync(folder, { recursive: true });
  file = `${folder}events.jsonl`;
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const environment = (more: NodeJS.ProcessEnv = {}) => ({
  ...{ PATH, HOME, TMPDIR, DYNAMODB_PORT: String(port), ...more },
});

const line = ({ type, detail }: PublishedEvent) => ({ source: 'gatehouse', 'detail-type': type, detail });

/** Follows the events. @returns what it has printed, once it says that it does */
async function tailing(...options: string[]): Promise<string[]> {
  const command = ['tools/admin/events.ts', 'tail', ...options];
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const printed: string[] = [];
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    printed.push(...lines);
  });
  await expect.poll(() => printed[0], { timeout: 30_000 }).toBe('tailing');
  return printed;
}

const shown = (printed: string[]) => printed.slice(1).map((text) => JSON.parse(text) as object);
const eventually = (printed: string[], events: PublishedEvent[]) =>
  expect.poll(() => shown(printed), { timeout: 30_000 }).toEqual(events.map(line));

describe('tail', () => {
  let bus: Part;
  beforeEach(async () => {
    bus = await startEventBus(file);
  });
  afterEach(() => bus.stop());

  /** Puts an event on the local bus by the client that the function has. */
  async function happens(name: string, ago = 0): Promise<PublishedEvent> {
    const at = Date.now() - ago;
    const detail = { eventId: randomUUID(), userId: name, at: new Date(at).toISOString() };
    const event = { type: 'user.created', at, detail };
    process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = bus.url;
    expect(await eventBridge().put([event])).toEqual([true]);
    return event;
  }

  test('prints what happens from then on, a JSON object a line, and nothing that happened before', async () => {
    await happens('before');
    const printed = await tailing();
    await happens('before, and published only now', 60_000);
    const [one, other] = [await happens('Zoë'), await happens('after')];
    await eventually(printed, [one, other]);
  });

  test('prints what was kept first with --from-start', async () => {
    const kept = [await happens('before'), await happens('long before', 60_000)];
    const printed = await tailing('--from-start');
    await eventually(printed, kept);
    const after = await happens('after');
    await eventually(printed, [...kept, after]);
  });

  test('waits for a stack that was never started', async () => {
    rmSync(file, { force: true });
    const printed = await tailing();
    await eventually(printed, [await happens('the first')]);
  });

  test('goes on through a restart, and a kill in the middle of a write', async () => {
    const before = await happens('before');
    const printed = await tailing();
    await bus.stop();
    const whole = JSON.stringify(line({ ...before, detail: { ...before.detail, userId: 'Zoë' } }));
    appendFileSync(file, Buffer.from(whole).subarray(0, Buffer.from(whole).indexOf('ë') + 1)); // half a character
    bus = await startEventBus(file);
    const after = await happens('after');
    await eventually(printed, [after]);
    await eventually(await tailing('--from-start'), [before, after]);
  });

  test('keeps every line whole that a killed process had put, however often it was killed', async () => {
    const script = `
      import { keepEvents } from './tools/local/event-bus.ts';
      const bus = keepEvents(${JSON.stringify(file)});
      for (let n = 0; ; n += 1) {
        await bus.put([{ type: 'user.created', at: 0, detail: { eventId: String(n), userId: 'ë'.repeat(2_000) } }]);
        process.stdout.write(n + '\\n');
      }`;
    for (let times = 0; times < 3; times += 1) {
      rmSync(file, { force: true });
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: root });
      let out = '';
      child.stdout.on('data', (chunk) => {
        out += chunk;
        if (out.split('\n').length > 5) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const acknowledged = Number(out.split('\n').at(-2));
      bus = await startEventBus(file);
      const after = await happens('after');
      const lines = readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, acknowledged + 1);
      expect(lines.map((text) => JSON.parse(text).detail.eventId)).toEqual(lines.map((_, n) => String(n)));
      expect(JSON.parse(readFileSync(file, 'utf8').split('\n').at(-2) ?? '')).toEqual(line(after));
      await bus.stop();
    }
  });
});

type Ran = { code: number; out: string; err: string };

function replay(options: string[], more: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    const command = ['tools/admin/events.ts', 'replay', ...options];
    execFile(process.execPath, command, { cwd: root, env: environment(more) }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

test('replay publishes again what happened on the local stack since a time, with the same eventId', async () => {
  const from = new Date().toISOString();
  const { email } = await signedUp(overHttp);
  const local = { DYNAMODB_ENDPOINT: inject('stack').dynamodbUrl };
  const kept = () =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trimEnd()
          .split('\n')
          .map((text) => JSON.parse(text))
      : [];
  const own = () => kept().filter((event) => event.detail.email === email);
  for (const times of [1, 2]) {
    const { out, err } = await replay(['--from', from, '--email'], local);
    expect([out, err]).toEqual([
      expect.stringMatching(/^\d+ events were recorded and \d+ published again\.\n$/),
      expect.any(String),
    ]);
    expect(own()).toHaveLength(times);
  }
  expect(new Set(own().map(({ detail }) => detail.eventId)).size).toBe(1);
  expect(own()[0]).toMatchObject({ source: 'gatehouse', 'detail-type': 'user.created' });
  expect((await replay([], local)).out).toBe(
    'The local stack has no dead-letter queues: name a period with --from.\n',
  );
});

describe('replay of a stage', () => {
  test('does what the messages of both queues are about, once and in order, and empties them', async () => {
    const tables = await ownTables();
    const [bus, sqs] = [await startTestBus(), await startFakeSqs()];
    const stage = {
      AWS_ENDPOINT_URL_DYNAMODB: inject('stack').dynamodbUrl,
      AWS_ENDPOINT_URL_SQS: sqs.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
      ...{ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: 'eu-central-1' },
    };
    const run = () => replay(['--stage', tables.stage], stage);
    const [unnoted, unpublished] = ['unnoted-activity', 'unpublished-events'].map(
      (name) => `gatehouse-${tables.stage}-${name}`,
    ) as [string, string];

    const began = Date.now();
    const userId = randomUUID();
    const user = { userId, email: 'ada@example.com', name: 'Ada', bio: null, status: 'active' as const };
    await accountWrites(tables).create({ ...user, credentialVersion: 1, createdAt: began }, undefined);
    const accounts = accountAdministration(tables);
    for (const status of ['disabled', 'active'] as const)
      await accounts.setStatus(userId, status, 'operator');
    const types = ['user.created', 'user.disabled', 'user.enabled'];
    const published = () => bus.events.map(({ type }) => type);
    const noted = async () => (await tables.all('activity')).map(({ type }) => type).toSorted();

    // Nobody listens at this stage yet: it has one queue.
    const long = 3 * 60 * 60 * 1000;
    const letters = () => [
      ...Array.from({ length: 12 }, () => discarded(began, Date.now())),
      discarded(began - 2 * long, began - long),
    ];
    sqs.queues.set(unnoted, letters());
    expect(await run()).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^3 events were recorded and 0 published/),
    });
    expect([await noted(), sqs.queues.get(unnoted)]).toEqual([types, []]);

    // The bus is still down: nothing is lost, and nobody has to wait to try again.
    sqs.queues.set(unpublished, letters());
    bus.fault = 'is down';
    const { code, err } = await run();
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^The bus accepted 0 of 3 events \(.+\): run the same/),
    ]);
    expect(sqs.queues.get(unpublished)).toHaveLength(13);
    bus.fault = undefined;
    expect((await run()).out).toBe('0 events were recorded and 3 published again; the queues are empty.\n');
    expect([published(), sqs.queues.get(unpublished)]).toEqual([types, []]);
    expect((await run()).out).toBe('0 events were recorded and 0 published again; the queues are empty.\n');
    await bus.stop();
    await sqs.stop();
  });
});
