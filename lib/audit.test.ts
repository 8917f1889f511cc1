import { execFileSync } from 'node:child_process';
import { createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ADA, memoryUsers } from '../test/harness/memory/users.ts';
import { auditedSignUps, auditedUsers, pseudonyms, recordConcerned, withAudit } from './audit.ts';

const KEY = createSecretKey(Buffer.alloc(32, 7));
const NETWORK = '192.0.2.1';
const users = auditedUsers(memoryUsers(ADA));

/** What the log says of a request that does this. */
function logged(work: () => Promise<unknown>, key: KeyObject | undefined = KEY) {
  return withAudit(async () => {
    recordConcerned({ network: NETWORK });
    await work();
    return pseudonyms(key);
  });
}

const documented = readFileSync('docs/operations.md', 'utf8').split('\n');

/** What the command prints that docs/operations.md gives the operator, for another value. */
function byHand(text: string): string {
  const [kind = '', value = ''] = text.split(' ');
  const command = documented.find((line) => line.startsWith(`printf '${kind} `));
  if (command === undefined) throw new Error(`docs/operations.md has no command for "${kind}"`);
  const env = { ...process.env, AUDIT_KEY: KEY.export().toString('hex') };
  const script = command.replace(/'.*?'/, `'${kind} ${value}'`);
  return execFileSync('sh', ['-c', script], { env, encoding: 'utf8' }).trim();
}

test('an account has one pseudonym, however it was found, which the holder of the key can compute', async () => {
  const expected = { account: byHand('account ada@example.com'), network: byHand('network 192.0.2.1') };
  const ways = [
    () => users.ownerOf(ADA.email),
    () => users.get(ADA.userId),
    () => users.getEventually(ADA.userId),
    () => auditedSignUps({ create: async () => true, createPending: async () => {} }).create(ADA),
  ];
  for (const way of ways) expect(await logged(way)).toEqual(expected);
});

test('an address that nobody has is named too, so that guessing at it can be followed', async () => {
  expect(await logged(() => users.ownerOf('eve@example.com'))).toMatchObject({
    account: byHand('account eve@example.com'),
  });
});

test('a request that concerns nobody has the network alone', async () => {
  expect(await logged(() => users.get('nobody'))).toEqual({ network: byHand('network 192.0.2.1') });
});

test('requests at once are not mixed up', async () => {
  const of = (email: string) =>
    logged(() => new Promise((done) => setTimeout(done, 5)).then(() => users.ownerOf(email)));
  const [one, other] = await Promise.all([of('one@example.com'), of('other@example.com')]);
  expect([one.account, other.account]).toEqual([
    byHand('account one@example.com'),
    byHand('account other@example.com'),
  ]);
});

test('another key makes other names, and without one the log names nobody', async () => {
  const ada = () => users.ownerOf(ADA.email);
  expect((await logged(ada, createSecretKey(Buffer.alloc(32, 8)))).account).not.toBe(
    byHand('account ada@example.com'),
  );
  expect(await withAudit(() => ada().then(() => pseudonyms(undefined)))).toEqual({});
});
