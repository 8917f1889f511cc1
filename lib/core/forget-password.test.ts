import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { type World, world } from '../../test/harness/memory/world.ts';
import { forgetPassword } from './forget-password.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const CALLS = ['users.ownerOf', 'throttle.increment', 'mailRequests.put'];

function forget(it: World, email: unknown, client: string = randomUUID()) {
  return forgetPassword(it.deps, { fields: { email }, client, language: 'fr' });
}

describe('a forgotten password', () => {
  test('of a known address is a request that a mail will answer', async () => {
    const it = world();
    const { tagId } = await forget(it, ' ADA@example.com ');
    expect(tagId).toMatch(UUID);
    expect([...it.mailRequests.rows.values()]).toEqual([
      {
        tagId,
        kind: 'known',
        state: 'requested',
        userId: ADA.userId,
        language: 'fr',
        secretHashes: [],
        requestedAt: NOON,
        expiresAt: NOON + 1_800_000,
      },
    ]);
    expect(it.calls).toEqual(CALLS);
  });

  test('of an unknown address is a row of the same shape that is never mailed, by the same calls', async () => {
    const it = world();
    const { tagId } = await forget(it, 'eve@example.com');
    expect(tagId).toMatch(UUID);
    expect([...it.mailRequests.rows.values()]).toEqual([
      {
        tagId,
        kind: 'unknown',
        state: 'requested',
        userId: expect.stringMatching(UUID),
        language: 'fr',
        secretHashes: [],
        requestedAt: NOON,
        expiresAt: NOON + 1_800_000,
      },
    ]);
    expect(it.calls).toEqual(CALLS);
  });

  test.each([
    ['of a disabled account', { status: 'disabled' as const }],
    ['of an account whose address takes no mail', { mailRefused: 'bounced' as const }],
  ])('%s is asked for by the same calls: whether a mail goes is up to who sends it', async (_, changes) => {
    const it = world({ ...ADA, ...changes });
    const { tagId } = await forget(it, ADA.email);
    expect(it.mailRequests.rows.get(tagId)).toMatchObject({ kind: 'known', userId: ADA.userId });
    expect(it.calls).toEqual(CALLS);
  });

  test('with a malformed address is refused, and counts nowhere', async () => {
    const it = world();
    expect((await problemOf(forget(it, 'ada'))).problem).toEqual({
      code: 'invalid-fields',
      fields: [{ field: 'email', reason: 'invalid-email' }],
    });
    expect((await problemOf(forget(it, undefined))).problem).toEqual({
      code: 'invalid-fields',
      fields: [{ field: 'email', reason: 'required' }],
    });
    expect(it.calls).toEqual([]);
  });

  test('beyond the limit of the client is refused, and asks for no mail', async () => {
    const it = world();
    for (const email of ['one@example.com', 'two@example.com']) await forget(it, email, '192.0.2.1');
    expect((await problemOf(forget(it, ADA.email, '192.0.2.1'))).problem).toEqual({
      code: 'throttled',
      retryAfter: 300,
    });
    expect(it.mailRequests.rows.size).toBe(2);
  });
});
