import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { describe, expect, inject, test } from 'vitest';
import { clients, inProcess } from '../harness/client.ts';
import { awaitMails, mailsTo, tagIn } from '../harness/inbox.ts';
import { signedUp, somebody } from '../harness/people.ts';
import { nearlyLock } from './rows.ts';

/** What send-mail is given for a request, delivered by us instead of the stream. */
function deliver(tagId: string): DynamoDBStreamEvent {
  const Keys = { tagId: { S: tagId } };
  return { Records: [{ eventName: 'INSERT', dynamodb: { Keys, SequenceNumber: '100000000000000000001' } }] };
}

const send = async (event: DynamoDBStreamEvent) =>
  (await import('../../functions/send-mail.ts')).handler(event);

describe.each(clients)('$name', (client) => {
  test('a known address gets one mail with the link, in text and in HTML', async () => {
    const person = await signedUp(client);
    await client.send({ path: '/accounts/forgetpassword/', body: { email: person.email } });
    const [mail] = await awaitMails(person.email, 1);

    const link = `${inject('stack').environment.APP_URL}/reset-password?tag=${tagIn(mail)}`;
    expect(mail?.destination).toEqual({ to: [person.email], cc: [], bcc: [] });
    expect(mail?.from).toBe(inject('stack').environment.MAIL_FROM);
    for (const part of [mail?.body.text, mail?.body.html]) {
      expect(part).toContain(link);
      expect(part).toContain('30 minutes');
      expect(part).toContain('If you did not ask for this');
    }
  });

  test('the hundredth failed log-in in a row locks until a reset, and mails the owner once how to unlock', async () => {
    const person = await signedUp(client);
    const logIn = (password: string) =>
      client.send({ path: '/auth/login', body: { email: person.email, password } });
    expect((await logIn('not the password')).status).toBe(401);
    await nearlyLock(person.email);
    expect((await logIn('not the password')).status).toBe(401);
    for (const password of ['not the password', person.password]) {
      const { status, headers } = await logIn(password);
      expect([status, headers['retry-after']]).toEqual([429, '900']);
    }

    const [mail] = await awaitMails(person.email, 1);
    expect(mail?.subject).toBe('Gatehouse: Your account was locked');
    const { APP_URL } = inject('stack').environment;
    for (const part of [mail?.body.text, mail?.body.html]) {
      expect(part).toContain(`${APP_URL}/reset-password?tag=${tagIn(mail)}`);
      expect(part).toContain(`${APP_URL}/forgot-password`);
    }
    const reset = {
      path: `/auth/reset-password?token=${tagIn(mail)}`,
      body: { password: 'another battery' },
    };
    expect((await client.send(reset)).status).toBe(200);
    expect((await logIn('another battery')).status).toBe(200);
    const subjects = (await awaitMails(person.email, 2)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject === mail?.subject)).toHaveLength(1);
  });

  test('the mailed tag is not the tag of the answer', async () => {
    const person = await signedUp(client);
    const reply = await client.send({ path: '/accounts/forgetpassword/', body: { email: person.email } });
    const { tag } = reply.json as { tag: string };
    const [mail] = await awaitMails(person.email, 1);

    expect(JSON.stringify(mail)).not.toContain(tag);
    expect(tagIn(mail).length).toBeGreaterThan(tag.length);
  });

  test('after a reset the owner gets a notice that the password was changed', async () => {
    const person = await signedUp(client);
    await client.send({ path: '/auth/forget-password', body: { email: person.email } });
    const tag = tagIn((await awaitMails(person.email, 1))[0]);
    await client.send({ path: `/auth/reset-password?token=${tag}`, body: { password: 'a new battery' } });
    const [, notice] = await awaitMails(person.email, 2);

    expect(notice?.subject).toBe('Gatehouse: Your password was changed');
    expect(notice?.body.text).not.toContain(tag);
  });

  test('an address without an account gets no mail, and a Host header no say in the link', async () => {
    const stranger = somebody();
    const person = await signedUp(client);
    const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-for': '203.0.113.7' };
    await client.send({ path: '/auth/forget-password', headers, body: { email: stranger.email } });
    await client.send({ path: '/auth/forget-password', headers, body: { email: person.email } });
    const [mail] = await awaitMails(person.email, 1); // asked for later, so the other would be here by now

    expect(JSON.stringify(mail)).not.toContain('evil.example');
    expect(await mailsTo(stranger.email)).toEqual([]);
  });

  test('the sixth mail within an hour does not go, and the answer does not tell', async () => {
    const person = await signedUp(client);
    const ask = () => client.send({ path: '/auth/forget-password', body: { email: person.email } });
    const first = await ask();
    for (let asked = 1; asked < 5; asked += 1) await ask();
    await awaitMails(person.email, 5);
    const sixth = await ask();
    await pause(500);

    expect([sixth.status, sixth.text]).toEqual([first.status, first.text]);
    expect(await mailsTo(person.email)).toHaveLength(5);
  });
});

test('an event delivered again sends nothing again', async () => {
  const person = await signedUp(inProcess);
  const reply = await inProcess.send({ path: '/accounts/forgetpassword', body: { email: person.email } });
  await awaitMails(person.email, 1);
  await pause(200); // until the request is marked as mailed
  const { tag } = reply.json as { tag: string };

  expect(await send(deliver(tag))).toEqual({ batchItemFailures: [] });
  expect(await send(deliver(tag))).toEqual({ batchItemFailures: [] });
  expect(await mailsTo(person.email)).toHaveLength(1);
});

test('a record that cannot be handled is reported and the others of its batch are handled', async () => {
  const poison = { eventName: 'INSERT' as const, dynamodb: { SequenceNumber: '7' } };
  const { Records } = deliver('00000000-0000-4000-8000-000000000000');

  expect(await send({ Records: [poison, ...Records] })).toEqual({
    batchItemFailures: [{ itemIdentifier: '7' }],
  });
});

test('a name that is markup stays text in the HTML part', async () => {
  const person = { ...somebody(), name: '<img src=x onerror=alert(1)> & "co"' };
  await signedUp(inProcess, person);
  await inProcess.send({ path: '/auth/forget-password', body: { email: person.email } });
  const [mail] = await awaitMails(person.email, 1);

  expect(mail?.body.html).not.toContain('<img');
  expect(mail?.body.html).toContain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;co&quot;');
});
