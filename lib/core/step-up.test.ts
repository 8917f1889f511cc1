import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { requireStepUp } from './step-up.ts';

const MINUTES = 60_000;
const PLAIN = {};
const WITH_TOTP = { totp: true };
const WITH_PASSKEY = { passkeys: 1 };
const claims = (acr: 'aal1' | 'aal2', ageMs: number) => ({ acr, authTime: NOON - ageMs });

const judge = async (...[user, of, fresh]: [object, ReturnType<typeof claims>, boolean]) =>
  requireStepUp(user, of, { fresh }, NOON);

describe('a token is enough', () => {
  test.each<[string, object, ReturnType<typeof claims>, boolean]>([
    [
      'of the level that an account without factors reaches, however old',
      PLAIN,
      claims('aal1', 600 * MINUTES),
      false,
    ],
    ['of five minutes to the millisecond', PLAIN, claims('aal1', 5 * MINUTES), true],
    ['of the highest level, for an account with a TOTP', WITH_TOTP, claims('aal2', 5 * MINUTES), true],
    ['of the highest level, for an account with a passkey', WITH_PASSKEY, claims('aal2', 0), true],
    [
      'of a higher level than the account reaches since its factors were removed',
      PLAIN,
      claims('aal2', 0),
      true,
    ],
    ['of an account whose last passkey was removed', { passkeys: 0, totp: false }, claims('aal1', 0), true],
  ])('%s', async (_, user, of, fresh) => {
    await judge(user, of, fresh);
  });
});

describe('a step-up is asked for', () => {
  test.each<[string, object, ReturnType<typeof claims>, boolean, object]>([
    [
      'a millisecond after five minutes',
      PLAIN,
      claims('aal1', 5 * MINUTES + 1),
      true,
      { acrValues: ['aal1'], maxAge: 300 },
    ],
    ['by an account with a TOTP', WITH_TOTP, claims('aal1', 0), false, { acrValues: ['aal2'] }],
    [
      'by an account with a passkey',
      WITH_PASSKEY,
      claims('aal1', 0),
      true,
      { acrValues: ['aal2'], maxAge: 300 },
    ],
    [
      'for an old proof of the highest level',
      WITH_TOTP,
      claims('aal2', 6 * MINUTES),
      true,
      { acrValues: ['aal2'], maxAge: 300 },
    ],
  ])('%s', async (_, user, of, fresh, needed) => {
    expect((await problemOf(judge(user, of, fresh))).problem).toEqual({
      code: 'step-up-required',
      ...needed,
    });
  });
});
