import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { afterAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { readService } from '../../tools/deploy/service.ts';
import { driveStream } from '../../tools/local/stream-driver.ts';
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

    await vi.waitFor(() => expect(ses.requests).toBeGreaterThan(before + 2), { timeout: 10_000 });
    if (!fault.startsWith('sends')) expect(await mailsTo(person.email)).toEqual([]);
    ses.fault = undefined;
    await awaitMails(person.email, 1);
    await vi.waitFor(async () => {
      expect(await world.rowsOf('reset-tags', { state: 'requested', kind: 'known' })).toEqual([]);
    });
    const mails = await mailsTo(person.email);
    if (fault.startsWith('sends')) expect(mails.length).toBeGreaterThan(2);
    else expect(mails).toHaveLength(1);
    // Whichever mail is opened, its link works.
    expect(await reset(world, tagIn(mails[0]))).toBe(200);
    expect(existsSync(deadLetterFile)).toBe(false);
  },
);

test('a call of SES that is never answered is given up and tried again', async () => {
  const person = await signedUp(client);
  const tagId = await askedFor(world, person.email, false);
  ses.fault = 'never answers';
  const before = ses.requests;
  const delivery = invoke(deliveryOf(tagId));
  await vi.waitFor(() => expect(ses.requests).toBe(before + 1));
  ses.fault = undefined;

  expect(await delivery).toEqual({ batchItemFailures: [] });
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
  await vi.waitFor(() => expect(existsSync(deadLetterFile)).toBe(true), { timeout: 10_000 });
  const letters = readFileSync(deadLetterFile, 'utf8').trim().split('\n');
  expect(letters.map((line) => JSON.parse(line).record.dynamodb.Keys.tagId.S)).toEqual([tagId]);
  expect(await mailsTo(before.email)).toHaveLength(1);
  expect(await mailsTo(after.email)).toHaveLength(1);
  await world.putRow('reset-tags', { ...poison, kind: 'unknown' }); // cured, for the streams of the tests to come
  const late = await signedUp(client);
  await forget(late.email);
  await awaitMails(late.email, 1);
});

test('a mail to an address that SES can never read is given up, and holds up no other', async () => {
  const [unreadable, person] = [await signedUp(client), await signedUp(client)];
  const tagId = await askedFor(world, unreadable.email, false);
  ses.fault = 'refuses the address';

  expect(await invoke(deliveryOf(tagId))).toEqual({ batchItemFailures: [] });
  expect((await world.rowOf('reset-tags', { tagId }))?.secretHashes).toBeUndefined();
  ses.fault = undefined;
  expect(await invoke(deliveryOf(await askedFor(world, person.email, false)))).toEqual({
    batchItemFailures: [],
  });
  expect(await mailsTo(person.email)).toHaveLength(1);
});

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

test('an event delivered five times at once leaves links of which one reset kills all', async () => {
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
  await vi.waitFor(() => expect(ses.requests).toBe(before + 1));
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
