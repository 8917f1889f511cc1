import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import { readService } from '../../tools/deploy/service.ts';
import { driveStream } from '../../tools/local/stream-driver.ts';
import { eventually } from '../harness/eventually.ts';
import { awaitMails, mailsTo, tagIn } from '../harness/inbox.ts';
import { signedUp } from '../harness/people.ts';
import { startFaultyDynamodb } from './faulty-dynamodb.ts';
import { type SesFault, startFaultySes } from './faulty-ses.ts';
import { coldHandler, context, deliveryOf, functionOf, ownWorld, sendTo } from './own-world.ts';
import { askedFor, reset } from './scenarios.ts';
import { startCold } from './try-faults.ts';

const { dynamodbUrl, inboxUrl } = inject('stack');
const ses = await startFaultySes(inboxUrl);
process.env.AWS_ENDPOINT_URL_SES = ses.url;
const world = await ownWorld();
const { client, prefix } = world;

const sendMail = await coldHandler('send-mail', {});
const invoke = (event: object) => sendMail(event as never, context) as Promise<DynamoDBBatchResponse>;
const deadLetterFile = join(mkdtempSync(join(tmpdir(), 'gatehouse-')), 'dead-letters');
let stream: { stop(): Promise<void> } | undefined;

/** What Lambda's event source mapping does, with fewer attempts. */
async function startStream(maxAttempts = 18) {
  const { functions } = await readService();
  const mapping = functions['send-mail']?.events?.find((event) => event.stream)?.stream ?? {};
  const table = `${prefix}-reset-tags`;
  stream = driveStream({
    endpoint: dynamodbUrl,
    table,
    mapping,
    invoke: (Records) => invoke({ Records }),
    deadLetterFile,
    maxAttempts,
  });
}

beforeEach(async () => {
  ses.fault = undefined;
  await stream?.stop();
  stream = undefined;
});
afterAll(async () => {
  await stream?.stop();
  await ses.stop();
});

const forget = (email: string) => client.send({ path: '/auth/forget-password', body: { email } });

test.each<SesFault>(['throttles', 'rejects', 'is down', 'sends, but its answer is lost'])(
  'while SES %s the answer is as ever, and the mail comes once SES is back',
  async (fault) => {
    const [someone, person] = [await signedUp(client), await signedUp(client)];
    await startStream();
    const usual = await forget(someone.email);
    await awaitMails(someone.email, 1);
    ses.fault = fault;
    const before = ses.requests;
    expect(await forget(person.email)).toEqual(usual);

    await eventually(() => expect(ses.requests).toBeGreaterThan(before + 2));
    if (!fault.startsWith('sends')) expect(await mailsTo(person.email)).toEqual([]);
    ses.fault = undefined;
    await awaitMails(person.email, 1);
    await eventually(async () => {
      expect(await world.rowsOf('reset-tags', { state: 'requested', kind: 'known' })).toEqual([]);
    });
    const mails = await mailsTo(person.email);
    // Whoever accepts mails and does not say so gets one more, once it answers.
    if (fault.startsWith('sends')) expect(mails).toHaveLength(2);
    else expect(mails).toHaveLength(1);
    // Whichever mail is opened, its link works.
    expect(await reset(world, tagIn(mails[0]))).toBe(200);
    expect(existsSync(deadLetterFile)).toBe(false);
  },
);

test('SES that is slow but sends is asked for a second mail once it is quick again, and for no third', async () => {
  const person = await signedUp(client);
  const tagId = await askedFor(world, person.email, false);
  ses.fault = 'sends, but its answer is lost';
  const failed = { batchItemFailures: [{ itemIdentifier: expect.any(String) }] };
  for (let delivery = 0; delivery < 4; delivery += 1) expect(await invoke(deliveryOf(tagId))).toEqual(failed);
  expect(await mailsTo(person.email)).toHaveLength(1);
  ses.fault = 'sends, but its answer to a mail is lost';
  for (let delivery = 0; delivery < 4; delivery += 1) await invoke(deliveryOf(tagId));
  ses.fault = undefined;
  expect(await invoke(deliveryOf(tagId))).toEqual({ batchItemFailures: [] });

  const mails = await mailsTo(person.email);
  expect(mails).toHaveLength(2);
  expect(await reset(world, tagIn(mails[0]))).toBe(200);
});

test('a 5xx of SES may have sent the mail: its link works, and there is one more at most', async () => {
  const person = await signedUp(client);
  const tagId = await askedFor(world, person.email, false);
  ses.fault = 'sends, and answers 500';
  await invoke(deliveryOf(tagId));
  ses.fault = undefined;
  await invoke(deliveryOf(tagId));
  await invoke(deliveryOf(tagId));
  const mails = await mailsTo(person.email);
  expect(mails).toHaveLength(2);
  expect(await reset(world, tagIn(mails[0]))).toBe(200);
});

test('a call of SES that is never answered is one request, given up and tried once more', async () => {
  const person = await signedUp(client);
  const tagId = await askedFor(world, person.email, false);
  ses.fault = 'never answers';
  const before = ses.requests;
  expect((await invoke(deliveryOf(tagId))).batchItemFailures).toHaveLength(1);
  expect(ses.requests).toBe(before + 1);
  ses.fault = undefined;

  expect(await invoke(deliveryOf(tagId))).toEqual({ batchItemFailures: [] });
  expect(await mailsTo(person.email)).toHaveLength(1);
});

test('a link that goes out hours after it was asked for works', async () => {
  const person = await signedUp(client);
  const tagId = await askedFor(world, person.email, false);
  const row = await world.rowOf('reset-tags', { tagId });
  const asked = 3 * 60 * 60_000;
  await world.putRow('reset-tags', { ...row, validUntil: Number(row?.validUntil) - asked });
  await invoke(deliveryOf(tagId));

  expect(await reset(world, tagIn((await mailsTo(person.email))[0]))).toBe(200);
});

test('a poison record lands in the dead-letter file and holds up no other', async () => {
  const [before, after] = [await signedUp(client), await signedUp(client)];
  const tagId = randomUUID();
  const poison = { tagId, kind: 'known', state: 'requested', userId: 5, credentialVersion: 1 };
  const rows = [
    () => askedFor(world, before.email, false),
    () => world.putRow('reset-tags', poison),
    () => askedFor(world, after.email, false),
  ];
  for (const write of rows) await write();
  await startStream(3);

  await awaitMails(before.email, 1);
  await awaitMails(after.email, 1);
  expect(existsSync(deadLetterFile)).toBe(false);
  await eventually(() => expect(existsSync(deadLetterFile)).toBe(true));
  const letters = readFileSync(deadLetterFile, 'utf8').trim().split('\n');
  expect(letters.map((line) => JSON.parse(line).record.dynamodb.Keys.tagId.S)).toEqual([tagId]);
  expect(await mailsTo(before.email)).toHaveLength(1);
  expect(await mailsTo(after.email)).toHaveLength(1);
  await world.putRow('reset-tags', { ...poison, kind: 'unknown' }); // cured, for the streams of the tests to come
  const late = await signedUp(client);
  await forget(late.email);
  await awaitMails(late.email, 1);
});

test('a refusal that may be of the sender gives no mail up: it is tried again until SES takes it', async () => {
  const person = await signedUp(client);
  const tagId = await askedFor(world, person.email, false);
  ses.fault = 'refuses the address';
  for (let delivery = 0; delivery < 5; delivery += 1)
    expect((await invoke(deliveryOf(tagId))).batchItemFailures).toHaveLength(1);
  expect((await world.rowOf('reset-tags', { tagId }))?.secretHashes).toBeUndefined();
  ses.fault = undefined;
  expect(await invoke(deliveryOf(tagId))).toEqual({ batchItemFailures: [] });
  expect(await mailsTo(person.email)).toHaveLength(1);
});

test('a mail to an address that no mail service takes, stored before such were refused, is given up', async () => {
  const person = await signedUp(client);
  const tagId = await askedFor(world, person.email, false);
  const [user] = await world.rowsOf('users', { email: person.email });
  await world.putRow('users', { ...user, email: `a..b${person.email}` });
  const before = ses.requests;
  expect(await invoke(deliveryOf(tagId))).toEqual({ batchItemFailures: [] });
  expect(ses.requests).toBe(before);
});

test('beyond the budget for unverified addresses mails wait, and the schedule sends them', async () => {
  const people = [await signedUp(client), await signedUp(client), await signedUp(client)];
  const tags: string[] = [];
  for (const { email } of people) tags.push(await askedFor(world, email, false));
  const tight = await coldHandler('send-mail', { LIMIT_UNVERIFIED_MAILS: '1' });
  await clearCounters();
  for (const tagId of tags)
    expect(await tight(deliveryOf(tagId) as never, context)).toEqual({ batchItemFailures: [] });
  const mailed = async () =>
    (await Promise.all(people.map(({ email }) => mailsTo(email)))).map((mails) => mails.length);
  expect(await mailed()).toEqual([1, 0, 0]);
  await tight({ command: 'send-waiting' } as never, context);
  expect(await mailed()).toEqual([1, 0, 0]);

  const wide = await coldHandler('send-mail', { LIMIT_UNVERIFIED_MAILS: '10000' });
  await wide({ command: 'send-waiting' } as never, context);
  await wide({ command: 'send-waiting' } as never, context);
  expect(await mailed()).toEqual([1, 1, 1]);

  // Who has reset a password by mail has proved the address: no budget any more.
  const [first] = await mailsTo(people[0]?.email ?? '');
  expect(await reset(world, tagIn(first))).toBe(200);
  const again = await askedFor(world, people[0]?.email ?? '', false);
  await tight(deliveryOf(again) as never, context);
  expect((await mailsTo(people[0]?.email ?? '')).length).toBeGreaterThan(1);
});

/** As at the beginning of another hour. */
async function clearCounters(): Promise<void> {
  for (const row of await world.rowsOf('throttles'))
    if (String(row.counter).startsWith('unverified-mails#'))
      await world.putRow('throttles', { ...row, requests: 0 });
}

test('an event delivered twice is one mail, and a notice delivered twice is one notice', async () => {
  const person = await signedUp(client);
  const tagId = await askedFor(world, person.email, false);
  for (let time = 0; time < 3; time += 1) await invoke(deliveryOf(tagId));
  const mails = await mailsTo(person.email);
  expect(mails).toHaveLength(1);

  expect(await reset(world, tagIn(mails[0]))).toBe(200);
  for (let time = 0; time < 3; time += 1) await invoke(deliveryOf(tagId));
  expect(await mailsTo(person.email)).toHaveLength(2);
});

test('an event delivered five times at once may send several links, all invalidated by one reset', async () => {
  const person = await signedUp(client);
  const tagId = await askedFor(world, person.email, false);
  await Promise.all(Array.from({ length: 5 }, () => invoke(deliveryOf(tagId))));
  const tags = (await mailsTo(person.email)).map(tagIn);
  const replies = await Promise.all(tags.map((tag) => reset(world, tag)));

  expect(replies.filter((status) => status === 200)).toHaveLength(1);
  for (const tag of tags) expect(await reset(world, tag)).toBe(401);
});

test('a send-mail that dies while SES has the mail leaves nothing in the way of the next', async () => {
  const person = await signedUp(client);
  const tagId = await askedFor(world, person.email, false);
  ses.fault = 'never answers';
  const before = ses.requests;
  const dying = invoke(deliveryOf(tagId)); // its secret is stored by now; as far as anyone can see, it is dead
  await eventually(() => expect(ses.requests).toBe(before + 1));
  ses.fault = undefined;
  await world.sendMail(tagId);

  const [mail] = await mailsTo(person.email);
  expect(await reset(world, tagIn(mail))).toBe(200);
  await dying;
});

test('a function frozen right after its answer has left nothing to do: the mail goes', async () => {
  const person = await signedUp(client);
  const dynamodb = await startFaultyDynamodb(dynamodbUrl);
  const call = { path: '/auth/forget-password', body: { email: person.email } };
  const { first } = await startCold({ name: functionOf(call), prefix, dynamodb }, (cold) =>
    sendTo(cold, call),
  );
  expect((await first).status).toBe(202);
  await dynamodb.stop();

  await startStream();
  await awaitMails(person.email, 1);
});
