import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PoolUser, startFakeCognito } from '../../test/harness/fake-cognito.ts';

const CLIENT = '4dt1k2examplec1ient1d';
const ADA = 'ada@example.com';
const VERIFIED = { name: 'Ada Lovelace', email: ADA, email_verified: true };

const cognito = await startFakeCognito(CLIENT);
vi.stubEnv('COGNITO_ENDPOINT', cognito.url);
vi.stubEnv('COGNITO_CLIENT_ID', CLIENT);
const { findLegacy } = await import('./cognito.ts');

beforeEach(() => {
  cognito.users.clear();
  cognito.requests.length = 0;
  Object.assign(cognito.trouble, { status: undefined, type: undefined });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await cognito.stop();
});

const limits = () => ({ signal: AbortSignal.timeout(2_000) });
const find = (user: PoolUser, password: string = user.password) => {
  cognito.users.set(ADA, user);
  return findLegacy({ email: ADA, password }, limits());
};

describe('the right password', () => {
  test('finds the user that the ID token describes, by one request without credentials', async () => {
    const { name, ...rest } = VERIFIED;
    expect(await find({ password: 'Passw0rd!ü', attributes: { name, ...rest } })).toEqual({
      name: 'Ada Lovelace',
      emailVerified: true,
    });
    expect(cognito.requests).toEqual([
      {
        target: 'InitiateAuth',
        type: 'application/x-amz-json-1.1',
        body: {
          AuthFlow: 'USER_PASSWORD_AUTH',
          ClientId: CLIENT,
          AuthParameters: { USERNAME: ADA, PASSWORD: 'Passw0rd!ü' },
        },
      },
    ]);
  });

  test.each<[attributes: object, found: object]>([
    [
      { email: 'Ada@Example.com', email_verified: 'true', name: ' Ada ' },
      { name: 'Ada', emailVerified: true },
    ],
    [
      { email: ADA, email_verified: false, given_name: 'Ada', family_name: 'King' },
      { name: 'Ada King', emailVerified: false },
    ],
    [
      { email: ADA, email_verified: true, family_name: 'King' },
      { name: 'King', emailVerified: true },
    ],
    [
      { email: ADA, email_verified: true, name: '' },
      { name: 'ada', emailVerified: true },
    ],
    [
      { email: ADA, email_verified: true, name: '\u{1f469}'.repeat(101) },
      { name: '\u{1f469}'.repeat(100), emailVerified: true },
    ],
    [{ email_verified: true }, { name: 'ada', emailVerified: false }],
  ])('of %j', async (attributes, found) => {
    expect(await find({ password: 'x', attributes: attributes as never })).toEqual(found);
  });

  test('of an app client that may not read attributes asks for them', async () => {
    const user = { password: 'x', attributes: VERIFIED, bareToken: true };
    expect(await find(user)).toEqual({ name: 'Ada Lovelace', emailVerified: true });
    expect(cognito.requests.map(({ target }) => target)).toEqual(['InitiateAuth', 'GetUser']);
  });

  test('of a user whose name is the address and whose own address is another finds nobody', async () => {
    expect(
      await find({ password: 'x', attributes: { ...VERIFIED, email: 'eve@example.com' } }),
    ).toBeUndefined();
  });

  test.each([
    'SMS_MFA',
    'SOFTWARE_TOKEN_MFA',
    'SELECT_MFA_TYPE',
    'MFA_SETUP',
    'EMAIL_OTP',
    'NEW_PASSWORD_REQUIRED',
    'CUSTOM_CHALLENGE',
  ])('that would have to be followed by %s finds nobody', async (challenge) => {
    expect(await find({ password: 'x', attributes: VERIFIED, challenge })).toBeUndefined();
  });
});

test('a wrong password and an unknown address find nobody', async () => {
  expect(await find({ password: 'x', attributes: VERIFIED }, 'y')).toBeUndefined();
  expect(await findLegacy({ email: 'eve@example.com', password: 'x' }, limits())).toBeUndefined();
});

test('an address alone finds nobody, and asks nothing', async () => {
  cognito.users.set(ADA, { password: 'x', attributes: VERIFIED });
  expect(await findLegacy({ email: ADA }, limits())).toBeUndefined();
  expect(cognito.requests).toEqual([]);
});

test.each<[name: string, message: string]>([
  ['UserNotFoundException', 'User does not exist.'],
  ['NotAuthorizedException', 'User is disabled.'],
  ['PasswordResetRequiredException', 'Password reset required for the user'],
  ['UserNotConfirmedException', 'User is not confirmed.'],
  ['UserLambdaValidationException', 'PreAuthentication failed with error no.'],
  ['com.amazonaws.cognito.identity.idp.model#NotAuthorizedException', 'Incorrect username or password.'],
])('%s (%s) finds nobody', async (name, message) => {
  expect(await find({ password: 'x', refuses: [name, message] })).toBeUndefined();
});

test.each<[name: string, message: string]>([
  ['NotAuthorizedException', 'Password attempts exceeded'],
  ['NotAuthorizedException', `Client ${CLIENT} is configured for secret but secret was not received`],
  ['InvalidParameterException', 'USER_PASSWORD_AUTH flow not enabled for this client'],
  ['TooManyRequestsException', 'Too many requests'],
  ['ResourceNotFoundException', 'User pool client does not exist.'],
])('%s (%s) is a failure, since nobody looked at the password', async (name, message) => {
  await expect(find({ password: 'x', refuses: [name, message] })).rejects.toMatchObject({ name });
});

test('a Cognito that breaks is a failure, also when it is asked for the attributes', async () => {
  Object.assign(cognito.trouble, { status: 500, type: 'InternalErrorException' });
  await expect(find({ password: 'x' })).rejects.toMatchObject({ name: 'InternalErrorException' });
  Object.assign(cognito.trouble, { status: 503, type: undefined });
  await expect(find({ password: 'x' })).rejects.toThrow('Cognito did not judge the password');
  await expect(findLegacy({ email: ADA, password: 'x' }, { signal: AbortSignal.abort() })).rejects.toThrow();
});

test.each<[what: string, environment: Record<string, string>]>([
  ['COGNITO_CLIENT_ID', { COGNITO_CLIENT_ID: '' }],
  ['COGNITO_REGION', { COGNITO_ENDPOINT: '', COGNITO_REGION: 'Frankfurt' }],
  ['COGNITO_ENDPOINT', { COGNITO_ENDPOINT: 'no URL' }],
])('a function does not start with a wrong %s', async (what, environment) => {
  vi.resetModules();
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  await expect(import('./cognito.ts')).rejects.toThrow(`Wrong configuration: ${what} must be`);
  vi.stubEnv('COGNITO_CLIENT_ID', CLIENT);
});
