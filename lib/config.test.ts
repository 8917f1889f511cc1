import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { writeMail } from './mail/templates.ts';

const SECRET = Buffer.alloc(32, 7).toString('base64url');
const KMS_KEY = 'arn:aws:kms:eu-central-1:000000000000:key/1';
const LEAST = {
  TABLE_PREFIX: 'gatehouse-dev',
  ISSUER: 'https://auth.example.com',
  APP_URL: 'https://app.example.com',
  MAIL_FROM: 'Gatehouse <no-reply@example.com>',
  SEALING_SECRET: SECRET,
};

/** What a configuration is refused for. */
function refusalOf(variables: Record<string, string | undefined>): string {
  try {
    readConfig(variables);
  } catch (error) {
    if (error instanceof Error && error.name === 'ConfigError') return error.message;
    throw error;
  }
  throw new Error('the configuration was taken');
}

test('the least that has to be set gets the defaults', () => {
  const config = readConfig({ ...LEAST, PATH: '/usr/bin', AUDIENCE: '', LIMIT_LOGIN_FAILURES: undefined });
  expect(config).toMatchObject({
    tablePrefix: 'gatehouse-dev',
    issuer: 'https://auth.example.com',
    audience: 'https://auth.example.com',
    appUrl: 'https://app.example.com',
    mailFrom: { name: 'Gatehouse', address: 'no-reply@example.com' },
    sealing: { secret: Buffer.alloc(32, 7) },
    accessTokenSeconds: 3_600,
    lifetimes: { accessToken: 3_600_000, idle: 7 * 86_400_000, absolute: 30 * 86_400_000 },
    tagLifetime: 1_800_000,
    passwordMinimum: 8,
    bcryptCost: 12,
    corsOrigins: [],
    corsHeaders: [],
    trustedProxy: undefined,
    limits: { logins: 100, signUps: 100, forgets: 100, refreshes: 1_000, verifications: 100 },
    unverifiedMailsPerHour: 50,
  });
});

test('everything can be set', () => {
  const { SEALING_SECRET: _, ...rest } = LEAST;
  const config = readConfig({
    ...rest,
    SEALING_KMS_KEY: KMS_KEY,
    AUDIENCE: 'the app',
    ACCESS_TOKEN_TTL: '60',
    SESSION_IDLE_TTL: '120',
    SESSION_ABSOLUTE_TTL: '180',
    REFRESH_GRACE: '300',
    RESET_TAG_TTL: '240',
    PASSWORD_MIN_LENGTH: '15',
    COMMON_PASSWORDS: 'allow',
    BREACHED_PASSWORDS: 'check',
    BREACHED_PASSWORDS_API: 'http://localhost:1234/',
    PASSWORD_HASH: 'argon2id',
    BCRYPT_COST: '4',
    CORS_ORIGINS: ' https://app.example.com , http://localhost:3000,',
    CORS_HEADERS: 'X-Request-Id, x-b3-traceid,',
    TRUSTED_PROXY_HEADER: 'CloudFront-Viewer-Address',
    TRUSTED_PROXY_SECRET: 's'.repeat(32),
    LIMIT_LOGIN_FAILURES: '1',
    LIMIT_SIGNUPS: '2',
    LIMIT_FORGETS: '3',
    LIMIT_REFRESHES: '4',
    LIMIT_UNVERIFIED_MAILS: '5',
    LIMIT_VERIFICATIONS: '6',
  });
  expect(config).toMatchObject({
    audience: 'the app',
    sealing: { kmsKey: KMS_KEY },
    accessTokenSeconds: 60,
    lifetimes: { accessToken: 60_000, idle: 120_000, absolute: 180_000 },
    refreshGrace: 300_000,
    tagLifetime: 240_000,
    passwordMinimum: 15,
    commonPasswords: 'allow',
    breachedPasswordsApi: 'http://localhost:1234',
    passwordHash: 'argon2id',
    bcryptCost: 4,
    corsOrigins: ['https://app.example.com', 'http://localhost:3000'],
    corsHeaders: ['X-Request-Id', 'x-b3-traceid'],
    trustedProxy: { header: 'CloudFront-Viewer-Address', secret: 's'.repeat(32) },
    limits: { logins: 1, signUps: 2, forgets: 3, refreshes: 4, verifications: 6 },
    unverifiedMailsPerHour: 5,
  });
});

describe('the error', () => {
  test('names everything that is missing at once, an empty variable among it', () => {
    expect(refusalOf({ TABLE_PREFIX: '' })).toBe(
      'Wrong configuration: TABLE_PREFIX is missing; ISSUER is missing; APP_URL is missing; ' +
        'MAIL_FROM is missing; exactly one of SEALING_KMS_KEY and SEALING_SECRET must be set.',
    );
  });

  test('names everything that is wrong at once, and holds no value of it', () => {
    const wrong = {
      TABLE_PREFIX: 'wrong value/',
      ISSUER: 'wrong value',
      APP_URL: 'ftp://wrong-value.example',
      MAIL_FROM: 'wrong value',
      SEALING_KMS_KEY: 'wrong value',
      SEALING_SECRET: 'wrong-value',
      ACCESS_TOKEN_TTL: 'wrong value',
      SESSION_IDLE_TTL: 'wrong value',
      SESSION_ABSOLUTE_TTL: 'wrong value',
      REFRESH_GRACE: '301',
      RESET_TAG_TTL: 'wrong value',
      PASSWORD_MIN_LENGTH: 'wrong value',
      COMMON_PASSWORDS: 'wrong value',
      BREACHED_PASSWORDS: 'wrong value',
      BREACHED_PASSWORDS_API: 'wrong value',
      PASSWORD_HASH: 'wrong value',
      BCRYPT_COST: 'wrong value',
      CORS_ORIGINS: 'wrong value',
      CORS_HEADERS: 'wrong value',
      TRUSTED_PROXY_HEADER: 'wrong value',
      TRUSTED_PROXY_SECRET: 'wrong value',
      LIMIT_LOGIN_FAILURES: 'wrong value',
      LIMIT_SIGNUPS: 'wrong value',
      LIMIT_FORGETS: 'wrong value',
      LIMIT_REFRESHES: 'wrong value',
      LIMIT_UNVERIFIED_MAILS: 'wrong value',
      LIMIT_VERIFICATIONS: 'wrong value',
    };
    const refusal = refusalOf(wrong);
    for (const name of Object.keys(wrong)) expect(refusal).toContain(`${name} must be`);
    expect(refusal).toContain('exactly one of SEALING_KMS_KEY and SEALING_SECRET must be set');
    expect(refusal).not.toMatch(/wrong.value/);
  });
});

test('two ways to seal keys are one too many', () => {
  expect(refusalOf({ ...LEAST, SEALING_KMS_KEY: KMS_KEY })).toBe(
    'Wrong configuration: exactly one of SEALING_KMS_KEY and SEALING_SECRET must be set.',
  );
});

test.each([
  ['ISSUER', 'http://auth.example.com'],
  ['ISSUER', 'https://auth.example.com/?x=1'],
  ['ISSUER', 'https://auth.example.com/#x'],
  ['ISSUER', 'https://somebody@auth.example.com/'],
  ['ISSUER', 'https://auth.example.com/#/'],
  ['ISSUER', 'https://auth.example.com?'],
  ['ISSUER', 'https://:secret@auth.example.com'],
  ['ISSUER', ' https://auth.example.com'],
  ['APP_URL', 'https://app.example.com/?lang=de'],
  ['APP_URL', 'https://app.example.com/?lang=de#/'],
  ['APP_URL', 'https://app.example.com/#/?lang=de'],
  ['APP_URL', 'https://app.example.com/#top'],
  ['APP_URL', 'https://app.example.com/#/a#/b'],
  ['APP_URL', 'https://app.example.com/ '],
  ['APP_URL', 'https://app.example.com/a b'],
  ['APP_URL', 'https:/app.example.com'],
  ['APP_URL', 'https:\\\\app.example.com'],
  ['APP_URL', 'capacitor://localhost'],
  ['APP_URL', 'app.example.com'],
  ['APP_URL', 'javascript:alert(1)'],
  ['APP_URL', 'http://localhost.evil.example'],
  ['TABLE_PREFIX', 'a'.repeat(201)],
  ['MAIL_FROM', 'no-reply@example.com\r\nBcc: eve@evil.example'],
  ['MAIL_FROM', 'one@example.com,two@example.com'],
  ['MAIL_FROM', 'Acme no-reply@example.com'],
  ['MAIL_FROM', 'Acme <a..b@example.com>'],
  ['SEALING_SECRET', SECRET.slice(1)],
  ['SEALING_SECRET', `${SECRET}A`],
  ['ACCESS_TOKEN_TTL', '59'],
  ['ACCESS_TOKEN_TTL', '86401'],
  ['ACCESS_TOKEN_TTL', '60.5'],
  ['ACCESS_TOKEN_TTL', '-60'],
  ['ACCESS_TOKEN_TTL', ' 60'],
  ['ACCESS_TOKEN_TTL', '1e3'],
  ['PASSWORD_MIN_LENGTH', '7'],
  ['PASSWORD_MIN_LENGTH', '65'],
  ['BCRYPT_COST', '3'],
  ['BCRYPT_COST', '17'],
  ['LIMIT_SIGNUPS', '0'],
  ['RP_ID', 'https://example.com'],
  ['RP_ID', 'example.com:443'],
  ['RP_ID', '127.0.0.1'],
  ['RP_ID', 'Example.com'],
  ['RP_NAME', 'x'.repeat(61)],
  ['RP_NAME', 'a\nb'],
  ['RP_ORIGINS', ','],
  ['RP_ORIGINS', '*'],
  ['RP_ORIGINS', 'https://app.example.com/'],
  ['RP_ORIGINS', 'android:apk-key-hash:short'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'null'],
  ['CORS_ORIGINS', 'https://app.example.com/'],
  ['CORS_ORIGINS', 'https://app.example.com,https://*.example.com/x'],
])('%s is not %j', (name, value) => {
  expect(refusalOf({ ...LEAST, [name]: value })).toMatch(
    new RegExp(`^Wrong configuration: ${name} must [^;]+\\.$`),
  );
});

test.each([
  ['https://auth.example.com/', 'https://auth.example.com'],
  ['https://auth.example.com/v1//', 'https://auth.example.com/v1'],
  ['http://localhost:3000', 'http://localhost:3000'],
  ['http://127.0.0.1:3000/dev/', 'http://127.0.0.1:3000/dev'],
])('ISSUER %j is taken as %j', (given, taken) => {
  expect(readConfig({ ...LEAST, ISSUER: given }).issuer).toBe(taken);
});

test.each([
  ['https://app.example.com/', 'https://app.example.com'],
  ['https://App.Example.com:443//', 'https://app.example.com'],
  ['https://app.example.com/account/', 'https://app.example.com/account'],
  ['https://app.example.com/#', 'https://app.example.com/#'],
  ['https://app.example.com/#/', 'https://app.example.com/#'],
  ['https://app.example.com#/', 'https://app.example.com/#'],
  ['https://app.example.com/app/#!/', 'https://app.example.com/app/#!'],
  ['https://app.example.com/#/account/', 'https://app.example.com/#/account'],
  ['http://localhost:5173/#/', 'http://localhost:5173/#'],
])('of APP_URL %j the mailed link begins with %j', (given, taken) => {
  const { brand, appUrl } = readConfig({ ...LEAST, APP_URL: given });
  const link = { tag: 'A'.repeat(64), minutes: 30 };
  const { text, html } = writeMail(
    { brand, appUrl },
    { purpose: 'reset-password', name: 'Ada', language: 'en', at: 0, link },
  );
  for (const part of [text, html]) expect(part).toContain(`${taken}/reset-password?tag=${'A'.repeat(64)}`);
});

test.each([
  ['https://*.preview.example.com'],
  ['https://app.example.com', 'https://app-*.vercel.app', 'capacitor://localhost', 'tauri://localhost'],
])('CORS_ORIGINS may be %s', (...origins) => {
  expect(readConfig({ ...LEAST, CORS_ORIGINS: origins.join(' , ') }).corsOrigins).toEqual(origins);
});

describe('the brand', () => {
  const brandOf = (variables: Record<string, string>) => readConfig({ ...LEAST, ...variables }).brand;

  test('has a name and a colour, and no logo, where none is set', () => {
    expect(brandOf({})).toEqual({ name: 'Gatehouse', color: '#1d4ed8', logoUrl: undefined });
    expect(readConfig(LEAST).loginUrl).toBeUndefined();
  });

  test.each<[variable: string, value: string]>([
    ['BRAND_NAME', 'Ada & Co. – Tokio 東京'],
    ['BRAND_COLOR', '#00ff00'],
    ['BRAND_LOGO_URL', 'https://cdn.example.com/logo.png?v=1'],
    ['BRAND_LOGO_URL', 'data:image/svg+xml;base64,PHN2Zy8+'],
    ['APP_LOGIN_URL', 'https://app.example.com/login?next=%2F#top'],
    ['APP_LOGIN_URL', 'http://localhost:5173/'],
    ['TERMS_URL', 'https://example.com/terms?lang=en#top'],
    ['SUPPORT_URL', 'https://help.example.com/'],
  ])('takes %s as %s', (variable, value) => {
    const { brand, loginUrl, termsUrl, supportUrl } = readConfig({ ...LEAST, [variable]: value });
    expect([...Object.values(brand), loginUrl, termsUrl, supportUrl]).toContain(value);
  });

  test('may have one logo for light pages and another for dark pages', () => {
    const light = { BRAND_LOGO_URL: 'https://cdn.example.com/light.png' };
    const dark = { BRAND_LOGO_DARK_URL: 'https://cdn.example.com/dark.png' };
    expect(brandOf({ ...light, ...dark }).logoDarkUrl).toBe(dark.BRAND_LOGO_DARK_URL);
    expect(refusalOf({ ...LEAST, ...dark })).toContain('BRAND_LOGO_DARK_URL needs a BRAND_LOGO_URL');
    const held = `data:image/png;base64,${'A'.repeat(1_200)}`;
    expect(refusalOf({ ...LEAST, BRAND_LOGO_URL: held, BRAND_LOGO_DARK_URL: held })).toContain(
      'at most 2,000 characters together',
    );
  });

  test.each<[variable: string, value: string]>([
    ['BRAND_NAME', 'two\nlines'],
    ['BRAND_NAME', 'x'.repeat(61)],
    ['BRAND_NAME', 'Ada\u202e'],
    ['BRAND_NAME', '   '],
    ['BRAND_COLOR', 'red'],
    ['BRAND_COLOR', '#fff'],
    ['BRAND_COLOR', '#1d4ed8; background: url(x)'],
    ['BRAND_LOGO_URL', 'http://cdn.example.com/logo.png'],
    ['BRAND_LOGO_URL', 'https://cdn.example.com/logo.png; script-src *'],
    ['BRAND_LOGO_URL', 'data:text/html;base64,AAAA'],
    ['BRAND_LOGO_URL', `data:image/png;base64,${'A'.repeat(2_000)}`],
    ['BRAND_LOGO_URL', 'javascript:alert(1)'],
    ['BRAND_LOGO_URL', '/logo.png'],
    ['APP_LOGIN_URL', 'javascript:alert(1)'],
    ['APP_LOGIN_URL', 'http://app.example.com/login'],
    ['APP_LOGIN_URL', 'login'],
    ['BRAND_LOGO_DARK_URL', 'http://cdn.example.com/logo.png'],
    ['BRAND_LOGO_DARK_URL', 'javascript:alert(1)'],
    ['TERMS_URL', 'javascript:alert(1)'],
    ['TERMS_URL', 'http://example.com/terms'],
    ['TERMS_URL', '/terms'],
    ['TERMS_URL', `https://example.com/${'x'.repeat(500)}`],
    ['SUPPORT_URL', 'data:text/html,x'],
    ['SUPPORT_URL', 'https://someone@example.com/'],
  ])('refuses %s as %j, by its name and without its value', (variable, value) => {
    const refusal = refusalOf({ ...LEAST, [variable]: value });
    expect(refusal).toContain(variable);
    expect(refusal).not.toContain(value);
  });
});

test.each([{ TRUSTED_PROXY_HEADER: 'CloudFront-Viewer-Address' }, { TRUSTED_PROXY_SECRET: 's'.repeat(32) }])(
  'a proxy is not half trusted: %j',
  (variables) => {
    expect(refusalOf({ ...LEAST, ...variables })).toBe(
      'Wrong configuration: TRUSTED_PROXY_HEADER and TRUSTED_PROXY_SECRET must be set together.',
    );
  },
);

describe('passkeys', () => {
  const relyingPartyOf = (variables: Record<string, string>) =>
    readConfig({ ...LEAST, ...variables }).relyingParty;

  test('are by default for the host of the app, under its name, on its origin and those of CORS_ORIGINS', () => {
    expect(relyingPartyOf({})).toEqual({
      id: 'app.example.com',
      name: 'Gatehouse',
      origins: ['https://app.example.com'],
    });
    const given = {
      APP_URL: 'http://localhost:3000/#/',
      BRAND_NAME: 'Ada',
      CORS_ORIGINS: 'https://a.example',
    };
    const origins = ['http://localhost:3000', 'https://a.example'];
    expect(relyingPartyOf(given)).toEqual({ id: 'localhost', name: 'Ada', origins });
  });

  test('may be for others', () => {
    const origins = ['https://*.example.com', `android:apk-key-hash:${'A'.repeat(43)}`];
    const given = { RP_ID: 'example.com', RP_NAME: ' Ada & Co. ', RP_ORIGINS: origins.join(', ') };
    expect(relyingPartyOf(given)).toEqual({ id: 'example.com', name: 'Ada & Co.', origins });
  });
});
