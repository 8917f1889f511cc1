import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { type AdminError, adminClient } from '../../examples/admin/client.ts';
import { overHttp } from '../harness/client.ts';
import { signedUp, somebody } from '../harness/people.ts';

// The client of examples/admin, and the call that docs/admin-api.md shows, at the local stack.

const run = promisify(execFile);
const api = inject('stack').apiUrl;
const credentials = {
  AWS_ACCESS_KEY_ID: 'AKIALOCAL',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'eu-central-1',
};
const admin = adminClient(api, credentials);

test('the client finds, makes, changes and deletes users', async () => {
  const person = await signedUp(overHttp);
  const found = await admin.find(person.email.toUpperCase());
  expect(found).toMatchObject({ email: person.email, status: 'active', roles: [] });
  const { userId = '' } = found ?? {};
  expect(await admin.setRoles(userId, ['editor'])).toMatchObject({ userId, roles: ['editor'] });
  expect(await admin.act(userId, 'disable')).toMatchObject({ userId, status: 'disabled' });
  const { email, name } = somebody();
  const made = await admin.create({ email, name, emailVerified: true });
  expect(made).toMatchObject({ email, name, emailVerified: true });
  const all: string[] = [];
  for await (const user of admin.users()) all.push(user.userId);
  expect(all).toEqual(expect.arrayContaining([userId, made.userId]));
  await admin.act(made.userId, 'delete');
  const again = admin.act(made.userId, 'delete');
  await expect(again).rejects.toMatchObject({
    status: 404,
    code: 'unknown-user',
  } satisfies Partial<AdminError>);
});

test('the program disables a user', async () => {
  const person = await signedUp(overHttp);
  const env = { ...process.env, ...credentials, API: api };
  const { stdout } = await run(process.execPath, ['examples/admin/disable.ts', person.email], { env });
  expect(stdout).toBe(`${person.name} is disabled.\n`);
});

test('curl signs a call as the page shows it', async () => {
  const [, command = ''] = /\n(curl --aws-sigv4 .*)\n/.exec(readFileSync('docs/admin-api.md', 'utf8')) ?? [];
  const { stdout } = await run('sh', ['-c', `${command.replace('http://localhost:3000', api)} -s`]);
  expect(JSON.parse(stdout)).toMatchObject({ users: expect.any(Array) });
});

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
test('the signature is the one that AWS computes', async () => {
  let sent: Request | undefined;
  const { fetch } = globalThis;
  globalThis.fetch = async (request) => {
    sent = request as Request;
    return Response.json({ user: {} });
  };
  try {
    await admin.setRoles('7', ['editor']);
  } finally {
    globalThis.fetch = fetch;
  }
  if (sent === undefined) throw new Error('nothing was sent');
  const [, scope = '', names = '', signature] =
    /Credential=AKIALOCAL\/(.*), SignedHeaders=(.*), Signature=(.*)$/.exec(
      sent.headers.get('authorization') ?? '',
    ) ?? [];
  const { host, pathname } = new URL(sent.url);
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const headers = names
    .split(';')
    .map((name) => `${name}:${name === 'host' ? host : sent?.headers.get(name)}\n`);
  const request = ['PUT', pathname, '', headers.join(''), names, hash(await sent.text())].join('\n');
  const signed = ['AWS4-HMAC-SHA256', sent.headers.get('x-amz-date'), scope, hash(request)].join('\n');
  const key = scope
    .split('/')
    .reduce<Buffer | string>(
      (with_, part) => createHmac('sha256', with_).update(part).digest(),
      'AWS4secret',
    );
  expect(signature).toBe(createHmac('sha256', key).update(signed).digest('hex'));
});
