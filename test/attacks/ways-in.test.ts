// Section 7 of the account contract: every way in obeys one rule. docs/ways-in.md is the expectation.
import { readFileSync } from 'node:fs';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { changeRow, deleteUser, disable, nearlyLock, userOf } from '../contract/rows.ts';
import { bearer, challenged, type Protected, protectedPerson } from '../harness/authenticator.ts';
import { inProcess as client, type Reply } from '../harness/client.ts';
import { awaitMails } from '../harness/inbox.ts';
import { loggedIn, mailedTag, type Person, signedUp, type Tokens } from '../harness/people.ts';

const OTHER_PASSWORD = 'another battery staple';

/** What somebody has who wants in: what was asked for before the account came into its state, too. */
type Visitor = {
  person: Person;
  tokens: Tokens;
  /** `undefined`: the account has no app, and somebody tries one of their own. */
  factors: Pick<Protected, 'app' | 'recoveryCodes'> | undefined;
};

const SOME_CODE = '123456';
const SOME_RECOVERY_CODE = '0123AB-CDEFGH-JKMNPQ-RSTVWX';
const codeOf = async ({ factors }: Visitor) => factors?.app.fresh() ?? SOME_CODE;
const recoveryCodeOf = ({ factors }: Visitor) => factors?.recoveryCodes[0] ?? SOME_RECOVERY_CODE;

async function withoutApp(): Promise<Visitor> {
  const person = await signedUp(client);
  return { person, tokens: await loggedIn(client, person), factors: undefined };
}

async function withApp(): Promise<Visitor> {
  const { person, tokens, app, recoveryCodes } = await protectedPerson(client);
  return { person, tokens, factors: { app, recoveryCodes } };
}

const states: Record<string, { prepare(): Promise<Visitor>; bringAbout?(person: Person): Promise<unknown> }> =
  {
    'no factor': { prepare: withoutApp },
    'authenticator app': { prepare: withApp },
    passkey: {
      async prepare() {
        const visitor = await withoutApp();
        await changeRow('users', { userId: (await userOf(visitor.person.email)).userId }, { passkeys: 1 });
        return visitor;
      },
    },
    disabled: { prepare: withApp, bringAbout: ({ email }) => disable(email) },
    locked: {
      prepare: withApp,
      async bringAbout({ email }) {
        const wrong = () =>
          client.send({ path: '/auth/login', body: { email, password: 'not the password' } });
        await wrong();
        await nearlyLock(email);
        await wrong();
      },
    },
    deleted: { prepare: withApp, bringAbout: ({ email }) => deleteUser(email) },
  };

type Way = (visitor: Visitor) => Promise<() => Promise<Reply>>;

const logIn = (path: string, { person: { email, password } }: Visitor, more: object = {}) =>
  client.send({ path, body: { username: email, email, password, ...more } });
const stepUp = ({ tokens }: Visitor, body: object) =>
  client.send({ path: '/auth/step-up', headers: bearer(tokens.accessToken), body });

/** In two steps where the account has an app; without one the first step is the whole. */
const inTwoSteps =
  (given: (visitor: Visitor) => Promise<object>): Way =>
  async (visitor) => {
    if (visitor.factors === undefined) return () => logIn('/auth/login', visitor);
    const challenge = await challenged(client, visitor.person);
    return async () =>
      client.send({ path: '/auth/login/second-factor', body: { challenge, ...(await given(visitor)) } });
  };

const older = ['/accounts/auth/', '/api/user/login'] as const;

/** Each prepares what it needs before the account comes into its state, and is tried after that. */
const ways: Record<string, Way> = {
  ...Object.fromEntries(
    ['/auth/login', ...older].map((path): [string, Way] => [
      `password, \`${path}\``,
      async (visitor) => () => logIn(path, visitor),
    ]),
  ),
  'password and code, `/auth/login`': inTwoSteps(async (visitor) => ({ code: await codeOf(visitor) })),
  'password and recovery code, `/auth/login`': inTwoSteps(async (visitor) => ({
    recoveryCode: recoveryCodeOf(visitor),
  })),
  ...Object.fromEntries(
    older.flatMap((path): [string, Way][] => [
      [
        `password and code, \`${path}\``,
        async (visitor) => async () => logIn(path, visitor, { otp: await codeOf(visitor) }),
      ],
      [
        `password and recovery code, \`${path}\``,
        async (visitor) => () => logIn(path, visitor, { otp: recoveryCodeOf(visitor) }),
      ],
    ]),
  ),
  'wrong password and code, `/accounts/auth/`': async (visitor) => async () =>
    logIn('/accounts/auth/', visitor, { password: OTHER_PASSWORD, otp: await codeOf(visitor) }),
  'reset, then the new password at `/auth/login`': async (visitor) => {
    if (visitor.factors) await awaitMails(visitor.person.email, 1); // the notice of the app
    const tag = await mailedTag(client, visitor.person);
    return async () => {
      const path = `/auth/reset-password?token=${tag}`;
      const reset = await client.send({ path, body: { password: OTHER_PASSWORD } });
      return reset.status === 200 ? logIn('/auth/login', visitor, { password: OTHER_PASSWORD }) : reset;
    };
  },
  refresh:
    async ({ tokens: { refreshToken } }) =>
    () =>
      client.send({ path: '/auth/refresh-tokens', body: { refreshToken } }),
  'step-up by password': async (visitor) => () => stepUp(visitor, { password: visitor.person.password }),
  'step-up by code': async (visitor) => async () => stepUp(visitor, { code: await codeOf(visitor) }),
  'step-up by recovery code': async (visitor) => () =>
    stepUp(visitor, { recoveryCode: recoveryCodeOf(visitor) }),
};

/** What the older dialects say in sentences alone. */
const SENTENCES: Record<string, string> = {
  'Unable to log in with provided credentials.': 'wrong-credentials',
  'The email or the password is wrong.': 'wrong-credentials',
  'otp: This field is required.': 'otp-required',
};

/** The level of the session, or the code of the refusal. */
function resultOf({ status, json }: Reply): string {
  const { accessToken, token = accessToken, code, detail } = json as Record<string, string>;
  if (status === 200) return decodeJwt<{ acr: string }>(token as string).acr;
  if (status === 429) return 'throttled';
  const sentence = Array.isArray(json) ? (json[0] as string) : (detail as string);
  return code ?? SENTENCES[sentence] ?? `${status} ${sentence}`;
}

const [head = [], , ...rows] = readFileSync(new URL('../../docs/ways-in.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const documented = rows.map(([way = '', ...cells]) => ({ way, cells }));

test('the table has every way in and every state', () => {
  expect(head.slice(1)).toEqual(Object.keys(states));
  expect(documented.map(({ way }) => way).sort()).toEqual(Object.keys(ways).sort());
});

describe.each(documented)('$way', ({ way, cells }) => {
  test.each(head.slice(1).map((state, index) => [state, cells[index]]))('%s: %s', async (state, expected) => {
    const { prepare, bringAbout } = states[state as string] as (typeof states)[string];
    const visitor = await prepare();
    const enter = await (ways[way] as Way)(visitor);
    await bringAbout?.(visitor.person);
    expect(resultOf(await enter())).toBe(expected);
  });
});
