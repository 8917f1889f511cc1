import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { allowMail } from '../../lib/core/administer-account.ts';
import { accountAdministration } from '../../lib/dynamodb/account-administration.ts';
import { openDatabase } from '../../lib/dynamodb/database.ts';
import { startFaultyDynamodb } from '../faults/faulty-dynamodb.ts';
import { coldHandler, context, deliveryOf, type Handler, ownWorld, sendTo } from '../faults/own-world.ts';
import { askedFor, reset } from '../faults/scenarios.ts';
import { startCold } from '../faults/try-faults.ts';
import { mailsTo, tagIn } from '../harness/inbox.ts';
import { loggedIn, signedUp } from '../harness/people.ts';
import { notification, sesReports } from './ses-reports.ts';

const { dynamodbUrl } = inject('stack');
const world = await ownWorld();
const { client } = world;
let mailEvents: Handler;
beforeAll(async () => {
  mailEvents = await coldHandler('mail-events', {});
});

beforeEach(() => {
  process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodbUrl; // some tests start functions elsewhere
});

const report = (event: object) => mailEvents(event as never, context);
const rowOf = async (email: string) => (await world.rowsOf('users', { email }))[0];
const forget = (email: string) => client.send({ path: '/auth/forget-password', body: { email } });

describe.each([
  ['bounced', sesReports.bounced],
  ['complained', sesReports.complained],
] as const)('an address that %s', (reason, event) => {
  test('gets no more mail, by the same answer', async () => {
    const [usual, person] = [await signedUp(client), await signedUp(client)];
    await report(event(person.email));
    expect(await forget(person.email)).toEqual(await forget(usual.email));

    const tag = await askedFor(world, person.email);
    expect(await mailsTo(person.email)).toEqual([]);
    expect((await world.rowOf('reset-tags', { tagId: tag }))?.secretHashes).toBeUndefined();
  });

  test('gets none that was asked for before', async () => {
    const person = await signedUp(client);
    const tag = await askedFor(world, person.email, false);
    await report(event(person.email));
    expect(await world.sendMail(tag)).toEqual({ batchItemFailures: [] });
    expect(await mailsTo(person.email)).toEqual([]);
    expect((await world.rowOf('reset-tags', { tagId: tag }))?.secretHashes).toBeUndefined();
  });

  test('gets no notice of a reset by a mail that had come', async () => {
    const person = await signedUp(client);
    const tag = await askedFor(world, person.email);
    const mails = await mailsTo(person.email);
    await report(event(person.email));
    expect(await reset(world, tagIn(mails[0]))).toBe(200);
    await world.sendMail(tag);
    expect(await mailsTo(person.email)).toHaveLength(1);
  });

  test('is marked with that and nothing else, however often it is reported', async () => {
    const person = await signedUp(client);
    const before = await rowOf(person.email);
    for (let time = 0; time < 3; time += 1) await report(event(person.email));
    await report(sesReports.bounced(person.email));
    const mark =
      reason === 'bounced'
        ? { mailRefused: reason, mailBounces: 1, mailRefusedUntil: expect.any(Number) }
        : { mailRefused: reason, mailBounces: 0 };
    expect(await rowOf(person.email)).toEqual({ ...before, ...mark });
    await loggedIn(client, person);
  });
});

const DAY = 86_400_000;

test('the first bounce keeps mail away for a day, the next one for longer, and the operator lifts it', async () => {
  const person = await signedUp(client);
  const blockedFor = async () => {
    const row = (await rowOf(person.email)) as { mailRefusedUntil: number };
    return (row.mailRefusedUntil - Date.now()) / DAY;
  };
  /** As when the block is over. */
  const pass = async () => {
    const row = (await rowOf(person.email)) as Record<string, unknown>;
    await world.putRow('users', { ...row, mailRefusedUntil: Date.now() - 1 });
  };
  for (const days of [1, 7, 30, 30]) {
    await report(sesReports.bounced(person.email));
    expect(await blockedFor()).toBeCloseTo(days, 2);
    await askedFor(world, person.email);
    const sent = (await mailsTo(person.email)).length;
    await pass();
    await askedFor(world, person.email);
    expect(await mailsTo(person.email)).toHaveLength(sent + 1);
  }
  await report(sesReports.bounced(person.email));
  const { userId } = (await rowOf(person.email)) as { userId: string };
  expect(await allowMail(accountAdministration(openDatabase(world.prefix)), userId)).toBe(true);
  expect(await rowOf(person.email)).not.toHaveProperty('mailRefused');
  await report(sesReports.bounced(person.email));
  expect(await blockedFor()).toBeCloseTo(1, 2);
});

test('a complaint outranks a bounce and does not pass by itself', async () => {
  const person = await signedUp(client);
  await report(sesReports.bounced(person.email));
  await report(sesReports.complained(person.email));
  await report(sesReports.bounced(person.email));
  const row = await rowOf(person.email);
  expect(row).toMatchObject({ mailRefused: 'complained', mailBounces: 1 });
  expect(row).not.toHaveProperty('mailRefusedUntil');
});

test('costs forget-password the same calls whether it takes mail or not', async () => {
  const [usual, person] = [await signedUp(client), await signedUp(client)];
  await report(sesReports.bounced(person.email));
  const callsFor = async (email: string) => {
    const dynamodb = await startFaultyDynamodb(dynamodbUrl);
    const { first } = await startCold({ name: 'forget-password', prefix: world.prefix, dynamodb }, (cold) =>
      sendTo(cold, { path: '/auth/forget-password', body: { email } }),
    );
    expect((await first).status).toBe(202);
    await dynamodb.stop();
    return dynamodb.calls;
  };
  const calls = await callsFor(person.email);
  expect(calls.length).toBeGreaterThanOrEqual(3);
  expect(calls).toEqual(await callsFor(usual.email));
  expect(calls).toEqual(await callsFor(`${randomUUID()}@example.com`));
});

test.each([
  ['a mailbox that is full', (email: string) => sesReports.bounced(email, 'Transient')],
  ['a bounce of a kind that nobody can tell', (email: string) => sesReports.bounced(email, 'Undetermined')],
  [
    'a mail that SES withheld because of its own list',
    (email: string) => sesReports.bounced(email, 'Permanent', 'OnAccountSuppressionList'),
  ],
  ['a reader who says it is no spam', (email: string) => sesReports.complained(email, 'not-spam')],
  ['a mail to several, which is none of ours', (email: string) => sesReports.bouncedForMany(email, email)],
  ['a mail to nobody', () => sesReports.bouncedForMany()],
  ['what is no address', () => sesReports.bounced('not an address')],
  ['an address that nobody has', () => sesReports.bounced(`${randomUUID()}@example.com`)],
  ['SES’s greeting', () => notification('Successfully validated SNS topic for Amazon SES event publishing.')],
  ['a delivery', () => notification(JSON.stringify({ eventType: 'Delivery', mail: { destination: [] } }))],
  ['JSON that is no event', () => notification('null', '5', '{"eventType":"Bounce"}', '[]')],
])('%s marks nobody and is not delivered again', async (_, event) => {
  const person = await signedUp(client);
  await report(event(person.email));
  expect(await rowOf(person.email)).not.toHaveProperty('mailRefused');
  await askedFor(world, person.email);
  expect(await mailsTo(person.email)).toHaveLength(1);
});

test('an address is recognised in another spelling', async () => {
  const person = await signedUp(client);
  await report(sesReports.bounced(` ${person.email.toUpperCase()} `));
  expect(await rowOf(person.email)).toHaveProperty('mailRefused', 'bounced');
});

test('only the address that was mailed is marked, not the one it forwards to', async () => {
  const [person, target] = [await signedUp(client), await signedUp(client)];
  const event = sesReports.bounced(person.email);
  const [record] = event.Records;
  const message = JSON.parse(record?.Sns.Message ?? '');
  message.bounce.bouncedRecipients = [{ emailAddress: target.email }];
  await report(notification(JSON.stringify(message)));
  expect(await rowOf(target.email)).not.toHaveProperty('mailRefused');
  expect(await rowOf(person.email)).toHaveProperty('mailRefused', 'bounced');
});

test('a claim whose user is gone marks nobody', async () => {
  const email = `${randomUUID()}@example.com`;
  const userId = randomUUID();
  await world.putRow('emails', { email, userId });
  await report(sesReports.bounced(email));
  expect(await world.rowOf('users', { userId })).toBeUndefined();
});

test.each(['GetItem emails 1', 'UpdateItem users 1'])(
  'while DynamoDB fails %s the event fails without its words, and marks once it is delivered again',
  async (call) => {
    const [one, two] = [await signedUp(client), await signedUp(client)];
    const dynamodb = await startFaultyDynamodb(dynamodbUrl, {
      call,
      fault: 'refused in its own words',
      lasts: 'as long as the call is tried',
    });
    const event = {
      Records: [...sesReports.bounced(one.email).Records, ...sesReports.bounced(two.email).Records],
    };
    let again: Handler | undefined;
    const { first } = await startCold({ name: 'mail-events', prefix: world.prefix, dynamodb }, (cold) => {
      again = cold;
      return cold(event as never, context).then(
        () => undefined,
        (error: unknown) => error as Error,
      );
    });
    const error = await first;
    expect(error?.message).toBe('a mail event was not handled; the line before says why');
    expect(error?.cause).toBeUndefined();
    expect(await rowOf(one.email)).not.toHaveProperty('mailRefused');
    expect(await rowOf(two.email)).toHaveProperty('mailRefused', 'bounced');

    dynamodb.heal();
    await again?.(event as never, context);
    expect(await rowOf(one.email)).toHaveProperty('mailRefused', 'bounced');
    await dynamodb.stop();
  },
);

describe('SES gets the configuration set', () => {
  const bodies: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(new URLSearchParams(await text(request)));
    response
      .setHeader('content-type', 'text/xml')
      .end(
        '<SendEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendEmailResult><MessageId>1</MessageId></SendEmailResult></SendEmailResponse>',
      );
  });
  const before = process.env.AWS_ENDPOINT_URL_SES;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    process.env.AWS_ENDPOINT_URL_SES = `http://127.0.0.1:${port}`;
  });
  afterAll(() => {
    process.env.AWS_ENDPOINT_URL_SES = before;
    server.close();
  });

  test.each([
    ['gatehouse-prod', 'gatehouse-prod'],
    ['', null],
  ])('where it is %j', async (name, sent) => {
    const handler = await coldHandler('send-mail', {
      MAIL_CONFIGURATION_SET: name,
      TABLE_PREFIX: world.prefix,
    });
    const { email } = await signedUp(client);
    // So many bounces as there were here pause mails to unverified addresses.
    for (const { counter } of await world.rowsOf('throttles'))
      if (String(counter).startsWith('mails-bounced#'))
        await world.putRow('throttles', { counter, requests: 0 });
    bodies.length = 0;
    await handler(deliveryOf(await askedFor(world, email, false)) as never, context);
    expect(bodies.map((body) => body.get('ConfigurationSetName'))).toEqual([sent]);
  });

  test('a name that can be none is refused at the start', async () => {
    await expect(coldHandler('send-mail', { MAIL_CONFIGURATION_SET: 'a b' })).rejects.toThrow(
      'MAIL_CONFIGURATION_SET must be the name of a configuration set of SES',
    );
    process.env.MAIL_CONFIGURATION_SET = '';
  });
});
