import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { profileOf, type User } from './account.ts';
import { isLive, newSession, type Session } from './session.ts';

const LIFETIMES = { accessToken: 1_000, idle: 5_000, absolute: 9_000 };

const EVIDENCE = { amr: ['pwd'], acr: 'aal1', authTime: NOON - 1 } as const;

const SESSION: Session = {
  ...EVIDENCE,
  userId: ADA.userId,
  sessionId: '22222222-2222-4222-8222-222222222222',
  credentialVersion: ADA.credentialVersion,
  createdAt: NOON,
  lastUsedAt: NOON,
  idleExpiresAt: NOON + 5_000,
  absoluteExpiresAt: NOON + 9_000,
};

describe('a session is live', () => {
  test('from its first to its last millisecond of idleness', () => {
    expect(isLive(SESSION, ADA, NOON)).toBe(true);
    expect(isLive(SESSION, ADA, NOON + 4_999)).toBe(true);
    expect(isLive(SESSION, ADA, NOON + 5_000)).toBe(false);
  });

  test('to the last millisecond of its life, however often it was refreshed', () => {
    const session = { ...SESSION, idleExpiresAt: NOON + 20_000 };
    expect(isLive(session, ADA, NOON + 8_999)).toBe(true);
    expect(isLive(session, ADA, NOON + 9_000)).toBe(false);
  });

  test.each<[string, Session, User | undefined]>([
    ['was ended', { ...SESSION, endedAt: NOON }, ADA],
    ['was ended at the beginning of time', { ...SESSION, endedAt: 0 }, ADA],
    ['belongs to nobody any more', SESSION, undefined],
    ['belongs to a disabled account', SESSION, { ...ADA, status: 'disabled' }],
    ['is older than the last reset', SESSION, { ...ADA, credentialVersion: ADA.credentialVersion + 1 }],
    ['has a version that the user never had', SESSION, { ...ADA, credentialVersion: 1 }],
  ])('unless it %s', (_, session, user) => {
    expect(isLive(session, user, NOON)).toBe(false);
  });
});

test('a session that cannot be refreshed lives as long as its access token', () => {
  expect(newSession({ user: ADA, ...EVIDENCE }, 'a session', LIFETIMES, NOON, undefined)).toEqual({
    ...EVIDENCE,
    userId: ADA.userId,
    sessionId: 'a session',
    credentialVersion: ADA.credentialVersion,
    createdAt: NOON,
    lastUsedAt: NOON,
    idleExpiresAt: NOON + 1_000,
    absoluteExpiresAt: NOON + 1_000,
  });
});

test('a session that can be refreshed has two ends and the hashes of its first token', () => {
  const hashes = { familyHash: 'of the family', currentHash: 'of the secret' };
  expect(newSession({ user: ADA, ...EVIDENCE }, 'a session', LIFETIMES, NOON, hashes)).toEqual({
    ...EVIDENCE,
    userId: ADA.userId,
    sessionId: 'a session',
    credentialVersion: ADA.credentialVersion,
    createdAt: NOON,
    lastUsedAt: NOON,
    idleExpiresAt: NOON + 5_000,
    absoluteExpiresAt: NOON + 9_000,
    refresh: hashes,
  });
});

test('a profile holds what a client may know and nothing else', () => {
  expect(profileOf({ ...ADA, bio: 'Notes on the engine' })).toEqual({
    userId: ADA.userId,
    name: ADA.name,
    email: ADA.email,
    bio: 'Notes on the engine',
  });
});
