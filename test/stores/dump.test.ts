import { createHash } from 'node:crypto';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { decodeJwt } from 'jose';
import { Secret } from 'otpauth';
import { expect, inject, test } from 'vitest';
import { openDatabase } from '../../lib/dynamodb/database.ts';
import { stageKeyStore } from '../../lib/dynamodb/stage-key.ts';
import { openStageKey } from '../../lib/tokens/open-keys.ts';
import { bearer, challenged, protectedPerson } from '../harness/authenticator.ts';
import { overHttp as client } from '../harness/client.ts';
import { eventually } from '../harness/eventually.ts';
import { awaitMails, digitsIn, mailsTo, tagIn } from '../harness/inbox.ts';
import { creationOptions, holder, loggedInByPasskey, requestOptions } from '../harness/passkeys.ts';
import { loggedIn, signedUp, type Tokens } from '../harness/people.ts';

const TABLES = ['users', 'emails', 'factors', 'sessions', 'reset-tags', 'throttles', 'keys'];

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
  const bytes = Buffer.from(secret, 'base64url');
  return [secret, bytes.toString('hex'), bytes.toString('base64'), Buffer.from(secret).toString('base64url')];
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
    const bytes = Buffer.from(token, 'base64url');
    return [bytes.subarray(-32).toString('base64url'), bytes.subarray(-64, -32).toString('base64url')];
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

test('they hold no seed of an app, no recovery code, no challenge and no stage key', async () => {
  const person = await signedUp(client);
  const { accessToken } = await loggedIn(client, person);
  const pending = await client.send({ path: '/auth/totp', headers: bearer(accessToken), body: {} });
  const { secret } = pending.json as { secret: string };
  const who = await protectedPerson(client);
  const challenge = await challenged(client, who.person);
  const stage = await openStageKey(
    { sealing: { secret: Buffer.from(inject('stack').environment.SEALING_SECRET ?? '', 'base64url') } },
    stageKeyStore(openDatabase(inject('stack').environment.TABLE_PREFIX ?? '')),
  ).derived('totp');
  const all = await dump();

  expect(all).toContain('sealedSecret'); // it is the right dump
  const seeds = [secret, who.secret].map((text) => Buffer.from(Secret.fromBase32(text).bytes));
  for (const bytes of [...seeds, stage.export()])
    for (const spelling of ['base64', 'base64url', 'hex', 'latin1'] as const)
      expect(all).not.toContain(bytes.toString(spelling));
  for (const text of [secret, who.secret, challenge, ...who.recoveryCodes])
    for (const spelling of [text, text.replaceAll('-', ''), text.toLowerCase(), ...spellings(text)])
      expect(all).not.toContain(spelling);
});

test('they hold no mailed code, no challenge of a passkey and no private key of one', async () => {
  const { person, byPassword, device: made } = await holder(client);
  const [waiting, used] = [await requestOptions(client), await requestOptions(client)];
  await client.send({ path: '/auth/login/passkey', body: { response: made.logIn(used) } });
  const begun = await creationOptions(client, await loggedInByPasskey(client, made));
  const headers = bearer(byPassword.accessToken);
  await client.send({ path: '/auth/send-verification', headers, body: {} });
  const code = await eventually(async () =>
    digitsIn((await mailsTo(person.email)).find(({ subject }) => /Confirm/.test(subject))),
  );
  const all = await dump();

  expect(all).toContain(made.credentialId); // it is the right dump
  // Neither the digits nor a hash that anybody can compute: there are only a hundred million codes.
  const hashes = ['sha1', 'sha256', 'sha512'].flatMap((algorithm) =>
    (['hex', 'base64', 'base64url'] as const).map((form) => createHash(algorithm).update(code).digest(form)),
  );
  for (const text of [...hashes, waiting.challenge, used.challenge, begun.challenge])
    expect(all).not.toContain(text);
  expect(all).not.toMatch(new RegExp(`"${code}"`));
  expect(all).not.toMatch(/"(d|p|q|dp|dq|qi)":/);
});

test('nothing of an account’s rows is taken for a challenge, a code or a recovery code', async () => {
  const who = await protectedPerson(client);
  const challenge = await challenged(client, who.person);
  const owner = decodeJwt(who.tokens.accessToken).sub;
  const rows = (JSON.parse(await dump()) as Record<string, { S?: string; SS?: string[] }>[][]).flat();
  const texts = rows
    .filter((row) => row.userId?.S === owner)
    .flatMap((row) => Object.values(row).flatMap(({ S, SS }) => SS ?? S?.split('#') ?? []));
  expect(texts.length).toBeGreaterThan(20);
  for (const text of texts) {
    const send = (body: object) => client.send({ path: '/auth/login/second-factor', body });
    const tries = [
      { challenge: text, recoveryCode: who.recoveryCodes[0] },
      { challenge, recoveryCode: text },
      { challenge, code: text },
    ];
    for (const body of tries) expect((await send(body)).status).toBe(401);
  }
  // None of them was even counted as a guess.
  const given = { challenge, code: await who.app.fresh() };
  expect((await client.send({ path: '/auth/login/second-factor', body: given })).status).toBe(200);
});
