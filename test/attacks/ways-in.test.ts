// Section 7 of the account contract: every way in obeys one rule. docs/ways-in.md is the expectation.
import { readFileSync } from 'node:fs';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { deleteUser, disable, nearlyLock } from '../contract/rows.ts';
import { bearer, challenged, type Protected, protectedPerson } from '../harness/authenticator.ts';
import { inProcess as client, type Reply } from '../harness/client.ts';
import { eventually } from '../harness/eventually.ts';
import { functionsWith } from '../harness/functions-with.ts';
import { type Mail, mailsTo } from '../harness/inbox.ts';
import type { Authenticator } from '../harness/passkey-device.ts';
import { addedPasskey, device, holder, requestOptions, tryPasskey } from '../harness/passkeys.ts';
import { loggedIn, type Person, signedUp, somebody, type Tokens } from '../harness/people.ts';

const OTHER_PASSWORD = 'another battery staple';

/** What somebody has who wants in: what was asked for before the account came into its state, too. */
type Visitor = {
  person: Person;
  tokens: Tokens;
  /** Whoever has no app tries one of their own. */
  factors?: Pick<Protected, 'app' | 'recoveryCodes'>;
  /** Whoever has no passkey tries one of their own. */
  made: Authenticator;
  /** Of a sign-up that waits for its address. */
  verification?: string;
};

const SOME_CODE = '123456';
const SOME_RECOVERY_CODE = '0123AB-CDEFGH-JKMNPQ-RSTVWX';
const codeOf = async ({ factors }: Visitor) => factors?.app.fresh() ?? SOME_CODE;
const recoveryCodeOf = ({ factors }: Visitor) => factors?.recoveryCodes[0] ?? SOME_RECOVERY_CODE;

function ownDevice(): Authenticator {
  const made = device();
  made.register({ challenge: '', user: { id: Buffer.alloc(16, 7).toString('base64url') } });
  return made;
}

async function withoutFactor(): Promise<Visitor> {
  const person = await signedUp(client);
  return { person, tokens: await loggedIn(client, person), made: ownDevice() };
}

async function withApp(): Promise<Visitor> {
  const { person, tokens, app, recoveryCodes } = await protectedPerson(client);
  return { person, tokens, factors: { app, recoveryCodes }, made: ownDevice() };
}

async function withPasskey(): Promise<Visitor> {
  const { person, byPassword, device: made } = await holder(client);
  return { person, tokens: byPassword, made };
}

async function withBoth(): Promise<Visitor> {
  const visitor = { ...(await withApp()), made: device() };
  await addedPasskey(client, visitor.tokens, visitor.made);
  return visitor;
}

/** Under EMAIL_VERIFICATION=before there is no account yet, and so neither a session nor a factor. */
async function unverified(): Promise<Visitor> {
  const person = somebody();
  const body = { ...person, confirm: person.password };
  const { json } = await client.send({ path: '/auth/register', body });
  const { verification } = json as { verification: string };
  const tokens = { accessToken: 'x', refreshToken: 'A'.repeat(128) };
  return { person, tokens, made: ownDevice(), verification };
}

const states: Record<string, { prepare(): Promise<Visitor>; bringAbout?(person: Person): Promise<unknown> }> =
  {
    'no factor': { prepare: withoutFactor },
    'authenticator app': { prepare: withApp },
    passkey: { prepare: withPasskey },
    disabled: { prepare: withBoth, bringAbout: ({ email }) => disable(email) },
    locked: {
      prepare: withBoth,
      async bringAbout({ email }) {
        const wrong = () =>
          client.send({ path: '/auth/login', body: { email, password: 'not the password' } });
        await wrong();
        await nearlyLock(email);
        await wrong();
      },
    },
    deleted: { prepare: withBoth, bringAbout: ({ email }) => deleteUser(email) },
    unverified: { prepare: unverified },
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
    const { email } = visitor.person;
    const ask = () => client.send({ path: '/auth/forget-password', body: { email } });
    const sought = { page: 'reset-password', subject: /./ };
    const tag = visitor.verification === undefined ? await mailed(email, sought, ask) : NO_TAG;
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
  'step-up by passkey': async (visitor) => {
    const options = await requestOptions(client);
    return () => stepUp(visitor, { passkey: visitor.made.logIn(options) });
  },
  'passkey, `/auth/login/passkey`': async ({ made }) => {
    const options = await requestOptions(client);
    return () => client.send({ path: '/auth/login/passkey', body: { response: made.logIn(options) } });
  },
  'verification by link and password': async (visitor) => {
    const token = await verificationLink(visitor);
    const { password } = visitor.person;
    return () => client.send({ path: '/auth/verify-email', body: { token, password } });
  },
  'verification by link and password, on the page': async (visitor) => {
    const tag = await verificationLink(visitor);
    return () => onPage('/verify-email', { tag, password: visitor.person.password });
  },
  'verification by the link, by whoever is logged in': async (visitor) => {
    const token = await verificationLink(visitor);
    const headers = bearer(visitor.tokens.accessToken);
    return () => client.send({ path: '/auth/verify-email', headers, body: { token } });
  },
  'verification by code, in the tab that signed up':
    async ({ person: { email }, verification: own }) =>
    async () => {
      if (own !== undefined) await mailed(email, SIGN_UP_MAIL);
      const code = digitsIn(await mailsTo(email)) ?? '12345678';
      return client.send({ path: '/auth/verify-email', body: { verification: own ?? NO_TAG, code } });
    },
  'change of address, then the password at `/auth/login`': async (visitor) => {
    const email = `new-${visitor.person.email}`;
    const sought = { page: 'verify-email', subject: /./ };
    const ask = () => changeEmail(visitor, email);
    const token = visitor.verification === undefined ? await mailed(email, sought, ask) : NO_TAG;
    const { password } = visitor.person;
    return async () => {
      const moved = await client.send({ path: '/auth/verify-email', body: { token, password } });
      return moved.status === 200
        ? logIn('/auth/login', { ...visitor, person: { ...visitor.person, email } })
        : moved;
    };
  },
  ...Object.fromEntries(
    [true, false].map((byPage): [string, Way] => [
      `undo${byPage ? ' on the page' : ''}, then the password at \`/auth/login\``,
      async (visitor) => {
        const { email } = visitor.person;
        const sought = { page: 'undo', subject: /address/ };
        const ask = () => changeEmail(visitor, `new-${email}`);
        const token = visitor.verification === undefined ? await mailed(email, sought, ask) : NO_TAG;
        return async () => {
          const undone = byPage
            ? await onPage('/undo', { tag: token })
            : await client.send({ path: '/auth/undo', body: { token } });
          return undone.status < 400 ? logIn('/auth/login', visitor) : undone;
        };
      },
    ]),
  ),
};

/** What somebody has who was mailed no link. */
const NO_TAG = 'A'.repeat(64);

type LinkSought = { page: string; subject: RegExp };
const SIGN_UP_MAIL: LinkSought = { page: 'verify-email', subject: /Confirm/ };

/** The tag of the link that somebody is mailed; of several mails, those that came before `ask` are passed over. */
async function mailed(
  email: string,
  { page, subject }: LinkSought,
  ask?: () => Promise<unknown>,
): Promise<string> {
  const link = new RegExp(`/${page}\\?tag=([\\w-]{64})`);
  const tags = async () =>
    (await mailsTo(email)).flatMap((mail) =>
      subject.test(mail.subject) ? (link.exec(mail.body.text)?.[1] ?? []) : [],
    );
  const before = ask === undefined ? 0 : (await tags()).length;
  await ask?.();
  return eventually(async () => {
    const now = await tags();
    if (now.length <= before) throw new Error(`no link to ${page} yet`);
    return now.at(-1) as string;
  });
}

/** The mail of the sign-up itself, or another that the holder asks for. */
function verificationLink({ person: { email }, tokens, verification }: Visitor): Promise<string> {
  if (verification !== undefined) return mailed(email, SIGN_UP_MAIL);
  const headers = bearer(tokens.accessToken);
  return mailed(email, SIGN_UP_MAIL, () =>
    client.send({ path: '/auth/send-verification', headers, body: {} }),
  );
}

function digitsIn(mails: readonly Mail[]): string | undefined {
  return mails
    .flatMap(({ body }) => /(?<!\d)\d{8}(?!\d)/.exec(body.text.replaceAll(/<[^>]*>/g, ''))?.[0] ?? [])
    .at(-1);
}

/** Asks by a session that may: of an account with a passkey, one that the passkey opened. */
async function changeEmail({ made, tokens }: Visitor, email: string): Promise<Reply> {
  const entered = await tryPasskey(client, made);
  const { accessToken } = entered.status === 200 ? (entered.json as Tokens) : tokens;
  return client.send({ path: '/auth/change-email', headers: bearer(accessToken), body: { email } });
}

const onPage = (path: string, fields: Record<string, string>) =>
  client.send({
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });

/** What the older dialects say in sentences alone. */
const SENTENCES: Record<string, string> = {
  'Unable to log in with provided credentials.': 'wrong-credentials',
  'The email or the password is wrong.': 'wrong-credentials',
  'otp: This field is required.': 'otp-required',
};

/** The level of the session, or the code of the refusal. */
function resultOf({ status, json, headers }: Reply): string {
  if (json === undefined)
    return status < 400 && headers['set-cookie'] === undefined ? 'no session' : `page ${status}`;
  const { accessToken, token = accessToken, code, detail } = json as Record<string, string>;
  if (status === 200) return token === undefined ? 'no session' : decodeJwt<{ acr: string }>(token).acr;
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

const cellsOf = (chosen: (state: string) => boolean) =>
  documented.flatMap(({ way, cells }) =>
    head
      .slice(1)
      .flatMap((state, index): [string, string, string][] =>
        chosen(state) ? [[state, way, cells[index] as string]] : [],
      ),
  );

async function expectCell(state: string, way: string, expected: string): Promise<void> {
  const { prepare, bringAbout } = states[state] as (typeof states)[string];
  const visitor = await prepare();
  const enter = await (ways[way] as Way)(visitor);
  await bringAbout?.(visitor.person);
  expect(resultOf(await enter())).toBe(expected);
}

// Most of the time goes by waiting for mails.
test.concurrent.each(cellsOf((state) => state !== 'unverified'))('%s: %s: %s', expectCell);

describe('EMAIL_VERIFICATION=before', () => {
  functionsWith(() => ({ EMAIL_VERIFICATION: 'before' }));
  test.concurrent.each(cellsOf((state) => state === 'unverified'))('%s: %s: %s', expectCell);
});
