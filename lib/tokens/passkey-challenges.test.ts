import { createSecretKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { CHALLENGE_MS, type ChallengeUse } from '../core/passkeys.ts';
import { passkeyChallenges } from './passkey-challenges.ts';

const stageOf = (byte: number) => ({ derived: async () => createSecretKey(Buffer.alloc(32, byte)) });
const challenges = passkeyChallenges(stageOf(1));
const logIn: ChallengeUse = { for: 'log-in' };
const registration = (userId: string, sessionId: string): ChallengeUse => ({
  for: 'registration',
  session: { userId, sessionId },
});

test.each([logIn, registration('ada', 'one')])('a challenge for %j is good for five minutes', async (use) => {
  const challenge = await challenges.issue(use, NOON);
  expect(await challenges.check(use, challenge, NOON + CHALLENGE_MS - 1)).toEqual({
    hash: expect.stringMatching(/^[\w-]{43}$/),
    issuedAt: NOON,
    expiresAt: NOON + CHALLENGE_MS,
  });
  expect(await challenges.check(use, challenge, NOON + CHALLENGE_MS)).toBeUndefined();
});

test('no two challenges are alike', async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => challenges.issue(logIn, NOON)));
  expect(new Set(all).size).toBe(100);
});

test('a challenge is good for what it was issued for alone', async () => {
  const uses = [logIn, registration('ada', 'one'), registration('ada', 'two'), registration('bob', 'one')];
  for (const use of uses) {
    const challenge = await challenges.issue(use, NOON);
    for (const other of uses)
      expect((await challenges.check(other, challenge, NOON)) !== undefined).toBe(other === use);
  }
});

test('a challenge with any bit changed, of another stage or of another form is none', async () => {
  const challenge = await challenges.issue(logIn, NOON);
  const bytes = Buffer.from(challenge, 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(await challenges.check(logIn, changed.toString('base64url'), NOON)).toBeUndefined();
  }
  expect(await passkeyChallenges(stageOf(2)).check(logIn, challenge, NOON)).toBeUndefined();
  for (const text of ['', challenge.slice(1), `${challenge}A`, `${challenge.slice(1)}=`, 'é'.repeat(72)])
    expect(await challenges.check(logIn, text, NOON)).toBeUndefined();
});
