import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { deleteAccount } from '../../../lib/core/administer-account.ts';
import { readTotpSecret } from '../../../lib/core/totp.ts';
import { type Sealing, sealingWith, secretDataKeys } from '../../../lib/tokens/sealing.ts';
import { ownWorld } from '../../../test/faults/own-world.ts';
import { bearer, challenged, type Protected, protectedPerson } from '../../../test/harness/authenticator.ts';
import type { Client } from '../../../test/harness/client.ts';
import {
  fileOf,
  imported,
  operatorOf,
  stageSealing,
  tablesUnder,
  userOf,
} from '../../../test/harness/own-tables.ts';
import { addedPasskey, device, holder, loggedInByPasskey } from '../../../test/harness/passkeys.ts';
import { exportedLines } from './export.ts';
import type { SecretForm } from './factors.ts';

type World = Awaited<ReturnType<typeof ownWorld>>;

/** Two stages: each has a stage key of its own. */
let from: World;
let to: World;
let source: ReturnType<typeof tablesUnder>;
let target: ReturnType<typeof tablesUnder>;

beforeAll(async () => {
  from = await ownWorld();
  source = tablesUnder(from.prefix);
  to = await ownWorld();
  target = tablesUnder(to.prefix);
});

const factorKey = () => sealingWith(secretDataKeys(randomBytes(32)));

/** The line of one user in an export. */
async function lineOf(email: string, secretForm: SecretForm, key?: Sealing): Promise<string> {
  const deps = { ...operatorOf(source), secrets: { stage: stageSealing(source), key } };
  const { lines } = await exportedLines(deps, { secretForm });
  return lines.filter((line) => line.includes(`"${email}"`)).join('');
}

const taken = (line: string, key?: Sealing) =>
  imported(target, fileOf(line, '.jsonl'), { now: Date.now(), ...(key && { key }) });

async function secondStep(client: Client, who: Protected, given: object): Promise<unknown> {
  const challenge = await challenged(client, who.person);
  return (await client.send({ path: '/auth/login/second-factor', body: { challenge, ...given } })).json;
}

describe('an account with every kind of factor', () => {
  async function somebody() {
    const who = await protectedPerson(from.client);
    const made = device({ counts: true });
    await addedPasskey(from.client, who.tokens, made, 'My key');
    await secondStep(from.client, who, { recoveryCode: who.recoveryCodes[0] });
    return { who, made, code: await who.app.fresh() };
  }

  test.each<[SecretForm, string]>([
    ['encrypted', 'under the key of the operator'],
    ['plain', 'in plain text'],
  ])('comes from another stage with its secret %s, %s', async (form) => {
    const { who, made, code } = await somebody();
    const key = form === 'encrypted' ? factorKey() : undefined;
    const line = await lineOf(who.person.email, form, key);
    expect(line.includes(who.secret)).toBe(form === 'plain');
    for (const spelling of ['hex', 'base64', 'base64url'] as const)
      expect(line).not.toContain(readTotpSecret(who.secret)?.toString(spelling));
    expect(await taken(line, key)).toMatchObject({ imported: 1, refused: [] });

    // The same app, the same passkey, the codes that are left and no other.
    const entered = await secondStep(to.client, who, { code });
    expect(entered).toMatchObject({ accessToken: expect.any(String) });
    expect(await secondStep(to.client, who, { recoveryCode: who.recoveryCodes[0] })).toMatchObject({
      code: 'wrong-code',
    });
    expect(await secondStep(to.client, who, { recoveryCode: who.recoveryCodes[1] })).toMatchObject({
      recoveryCodesLeft: 8,
    });
    const tokens = await loggedInByPasskey(to.client, made);
    const account = await to.client.send({
      method: 'GET',
      path: '/auth/account',
      headers: bearer(tokens.accessToken),
    });
    expect(account.json).toMatchObject({
      factors: [
        { factorId: who.factorId, type: 'totp' },
        { type: 'passkey', name: 'My key' },
      ],
      recoveryCodesLeft: 8,
    });
    // Nobody else can have the passkey, and it goes with the account.
    const { userId } = await userOf(target, who.person.email);
    const claims = () => to.rowsOf('factors', { owner: userId });
    expect(await claims()).toHaveLength(1);
    await deleteAccount(operatorOf(target), await userOf(target, who.person.email), 'operator');
    expect(await claims()).toEqual([]);
    expect(await to.rowsOf('factors', { userId })).toEqual([]);
  });

  test('a code that was used there is not taken here', async () => {
    const who = await protectedPerson(from.client);
    const code = await who.app.fresh();
    await secondStep(from.client, who, { code });
    const key = factorKey();
    await taken(await lineOf(who.person.email, 'encrypted', key), key);
    expect(await secondStep(to.client, who, { code })).toMatchObject({ code: 'wrong-code' });
  });

  test('comes back into its own stage as it was, with no key at all', async () => {
    const { who, made, code } = await somebody();
    const user = await userOf(source, who.person.email);
    const rows = () => from.rowsOf('factors', { userId: user.userId });
    const before = await rows();
    const line = await lineOf(who.person.email, 'sealed');
    await deleteAccount(operatorOf(source), user, 'operator');
    expect(await rows()).toEqual([]);
    const file = fileOf(line, '.jsonl');
    expect(await imported(source, file, { now: Date.now(), includeDeleted: true })).toMatchObject({
      imported: 1,
    });
    const still = { type: 'passkey', uses: 0 };
    expect(await rows()).toEqual(before.map((row) => (row.type === 'passkey' ? { ...row, ...still } : row)));
    expect(await lineOf(who.person.email, 'sealed')).toBe(line);
    expect(await secondStep(from.client, who, { code })).toMatchObject({ accessToken: expect.any(String) });
    await loggedInByPasskey(from.client, made);
  });
});

describe('is refused, and never imported without its factors', () => {
  const refusedFor = async (line: string, key?: Sealing) => (await taken(line, key)).refused[0]?.[1];

  test('a secret that this stage can’t open', async () => {
    const { person } = await protectedPerson(from.client);
    const [key, other] = [factorKey(), factorKey()];
    const sealed = await lineOf(person.email, 'sealed');
    const encrypted = await lineOf(person.email, 'encrypted', key);
    expect(await refusedFor(sealed)).toMatch(/^factors\.totp\.sealedSecret: sealed by another stage;/);
    expect(await refusedFor(encrypted)).toMatch(/^factors\.totp\.encryptedSecret: give the key/);
    expect(await refusedFor(encrypted, other)).toMatch(/encrypted under another key\.$/);
    // No secret can be passed off as another user's.
    const stolen = JSON.stringify({ ...JSON.parse(encrypted), userId: randomUUID() });
    expect(await refusedFor(stolen, key)).toMatch(/encrypted under another key\.$/);
    await expect(userOf(target, person.email)).rejects.toMatchObject({ problem: { code: 'unknown-user' } });
    expect(await taken(encrypted, key)).toMatchObject({ imported: 1 });
  });

  test('a passkey that another account has, or another line', async () => {
    const { person } = await holder(from.client);
    const line = await lineOf(person.email, 'sealed');
    const row = JSON.parse(line);
    const other = { ...row, userId: randomUUID(), email: `other-${person.email}` };
    const both = await taken(`${line}${JSON.stringify(other)}\n`);
    expect(both).toMatchObject({ imported: 1, refused: [[2, 'the passkey is that of line 1.']] });
    expect(await refusedFor(JSON.stringify(other))).toBe('another account has one of the passkeys already.');
  });

  test('what no export wrote', async () => {
    const { person } = await holder(from.client);
    const row = JSON.parse(await lineOf(person.email, 'sealed'));
    const [passkey] = row.factors.passkeys;
    const withPasskey = (change: object) => ({ passkeys: [{ ...passkey, ...change }] });
    const times = { createdAt: '2026-01-01T00:00:00.000Z', lastUsedAt: '2026-01-01T00:00:00.000Z' };
    const totp = { id: randomUUID(), name: null, ...times };
    const recoveryCodes = { hashes: [], createdAt: times.createdAt };
    for (const [factors, reason] of [
      ['x', /^factors: not as/],
      [{}, /^factors: neither/],
      [{ recoveryCodes }, /^factors: neither/],
      [{ totp: { ...totp } }, /^factors\.totp: exactly one of/],
      [{ totp: { ...totp, secret: 'A', sealedSecret: 'B' } }, /^factors\.totp: exactly one of/],
      [{ totp: { ...totp, secret: 'not base32!' } }, /^factors\.totp\.secret: not 10 to 64 bytes/],
      [{ totp: { ...totp, secret: 'GEZDGNBV' } }, /^factors\.totp\.secret: not 10 to 64 bytes/],
      [{ totp: { ...totp, id: 'x', secret: 'x' } }, /^factors\.totp\.id: not as/],
      [{ ...row.factors, more: 1 }, /^factors\.more: not as/],
      [{ ...row.factors, recoveryCodes: { ...recoveryCodes, hashes: ['x'] } }, /hashes\.0: not as/],
      [{ passkeys: [passkey, passkey] }, /^factors\.passkeys: one passkey is there twice\.$/],
      [{ passkeys: Array(11).fill(passkey) }, /^factors\.passkeys: not as/],
      [withPasskey({ algorithm: -8 }), /^factors\.passkeys\.0: not as/],
      [withPasskey({ algorithm: -36 }), /algorithm: not as/],
      [withPasskey({ publicKey: { ...passkey.publicKey, x: 'AAAA' } }), /publicKey: not as/],
      [withPasskey({ publicKey: { ...passkey.publicKey, d: 'AAAA' } }), /publicKey\.d: not as/],
      [withPasskey({ credentialId: '' }), /credentialId: not as/],
      [withPasskey({ credentialId: `${passkey.credentialId}=` }), /credentialId: not as/],
      [withPasskey({ counter: -1 }), /counter: not as/],
      [withPasskey({ createdAt: 'today' }), /createdAt: not as/],
    ] as const) {
      const line = JSON.stringify({ ...row, factors });
      expect([factors, await refusedFor(line)]).toEqual([factors, expect.stringMatching(reason)]);
    }
    const { userId: _, ...nobody } = row;
    expect(await refusedFor(JSON.stringify(nobody))).toMatch(/^factors: a row with factors needs a userId/);
  });

  test('a user of whose factors the tables hold only half, when they are exported', async () => {
    const { person } = await holder(from.client);
    const user = await from.rowOf('users', { userId: (await userOf(source, person.email)).userId });
    await from.putRow('users', { ...user, passkeys: 2 });
    const { lines, leftOut } = await exportedLines(operatorOf(source));
    expect(leftOut).toEqual([user?.userId]);
    expect(lines.join('')).not.toContain(person.email);
    await from.putRow('users', user as Record<string, unknown>);
  });
});
