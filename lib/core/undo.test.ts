import { expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import { hashSecret, newMailedSecret, writeResetTag } from './opaque-token.ts';
import { undo } from './undo.ts';

test('the link of a reset, whose row names no purpose, takes nothing back', async () => {
  const it = world();
  const [tagId, secret] = ['33333333-3333-4333-8333-333333333333', newMailedSecret()];
  it.mailRequests.rows.set(tagId, {
    ...{ tagId, kind: 'known', state: 'mailed', userId: ADA.userId, secretHashes: [hashSecret(secret)] },
    ...{ requestedAt: NOON, expiresAt: NOON + 1_000 },
  });
  const fields = { token: writeResetTag({ tagId, secret }) };
  expect((await problemOf(undo(it.deps, { fields, client: '192.0.2.7', language: 'en' }))).message).toBe(
    'for something else',
  );
});
