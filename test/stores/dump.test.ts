import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { expect, inject, test } from 'vitest';
import { overHttp as client } from '../harness/client.ts';
import { awaitMails, tagIn } from '../harness/inbox.ts';
import { loggedIn, signedUp, type Tokens } from '../harness/people.ts';

const TABLES = ['users', 'emails', 'sessions', 'reset-tags', 'throttles', 'keys'];

/** Everything in every table, as text. */
async function dump(): Promise<string> {
  const { dynamodbUrl, environment } = inject('stack');
  const database = new DynamoDBClient({ endpoint: dynamodbUrl });
  const pages: unknown[] = [];
  for (const table of TABLES) {
    const input = { TableName: `${environment.TABLE_PREFIX}-${table}`, ConsistentRead: true };
    for await (const { Items } of paginateScan({ client: database }, input)) pages.push(Items);
  }
  return JSON.stringify(pages);
}

/** A secret as it is, and the other ways in which it could be lying about. */
function spellings(secret: string): string[] {
  const octets = Buffer.from(secret, 'base64url');
  return [
    secret,
    octets.toString('hex'),
    octets.toString('base64'),
    Buffer.from(secret).toString('base64url'),
  ];
}

test('the tables dumped after a full flow hold no password, token, mailed tag or usable private key', async () => {
  const person = await signedUp(client);
  const tokens = await loggedIn(client, person);
  const refreshed = await client.send({
    path: '/auth/refresh-tokens',
    body: { refreshToken: tokens.refreshToken },
  });
  const { accessToken, refreshToken } = refreshed.json as Tokens;
  await client.send({ path: '/auth/forget-password', body: { email: person.email } });
  const tag = tagIn((await awaitMails(person.email, 1))[0]);
  const dumped = await dump();
  const newPassword = 'a new battery staple';
  await client.send({ path: `/auth/reset-password?token=${tag}`, body: { password: newPassword } });
  const all = dumped + (await dump());

  expect(all).toContain(person.email); // it is the right dump
  const secretsOf = (token: string) => {
    const octets = Buffer.from(token, 'base64url');
    return [octets.subarray(-32).toString('base64url'), octets.subarray(-64, -32).toString('base64url')];
  };
  for (const secret of [
    person.password,
    newPassword,
    ...[tokens.refreshToken, refreshToken, tag].flatMap((token) => [token, ...secretsOf(token)]),
    tokens.accessToken,
    accessToken,
    inject('stack').environment.SEALING_SECRET ?? 'missing',
  ]) {
    for (const spelling of spellings(secret)) expect(all).not.toContain(spelling);
  }
  expect(all).not.toMatch(/PRIVATE KEY|"(d|p|q|dp|dq|qi)":/);
});
