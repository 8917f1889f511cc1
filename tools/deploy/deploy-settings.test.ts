import { describe, expect, test } from 'vitest';
import { plainSettings } from '../../test/operations/deploy/plain-settings.ts';
import { type Deployment, readDeploySettings } from './deploy-settings.ts';

const fine: Deployment = {
  complete: true,
  stage: 'prod',
  region: 'eu-central-1',
  settings: { ...plainSettings, alarmEmail: 'on-call@example.com' },
  environment: {
    TABLE_PREFIX: 'gatehouse-prod',
    ISSUER: { 'Fn::Sub': 'https://…' },
    APP_URL: 'https://app.example.com',
    MAIL_FROM: 'Gatehouse <no-reply@example.com>',
    SEALING_KMS_KEY: { 'Fn::GetAtt': ['SealingKey', 'Arn'] },
    CORS_ORIGINS: null,
  },
};

/** The sentences of the refusal. */
function faultsOf(change: Partial<Deployment>): string[] {
  try {
    readDeploySettings({ ...fine, ...change });
    return [];
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .flatMap((line) => (line.startsWith('  - ') ? [line.slice(4)] : []));
  }
}
const withSetting = (name: string, value: unknown) =>
  faultsOf({ settings: { ...fine.settings, [name]: value } });
const withVariable = (name: string, value: unknown) =>
  faultsOf({ environment: { ...fine.environment, [name]: value } });

test('takes text from the environment for what YAML has as numbers and switches', () => {
  const settings = { ...fine.settings, memoryMb: '1024', waf: 'true', alarmEmail: 'a@b.example' };
  expect(readDeploySettings({ ...fine, settings })).toMatchObject({ memoryMb: 1024, waf: true });
});

test.each([
  ['alarmEmail', 'nobody'],
  ['alarmEmail', 'a@example.com, b@example.com'],
  ['waf', 'yes'],
  ['wafRequests', 9],
  ['wafHashes', 'some'],
  ['hashingConcurrency', 0],
  ['hashingConcurrency', 'all'],
  ['monthlyBudget', -1],
  ['apiLogRole', 'mine'],
  ['logRetentionDays', 31],
  ['memoryMb', 'plenty'],
  ['memoryMb', 1769.5],
  ['provisionedConcurrency', -1],
  ['requestsPerSecond', ''],
  ['hashesPerSecond', 0],
  ['canary', 1],
  ['apiReference', 'off'],
])('refuses %s %j with one sentence', (name, value) => {
  expect(withSetting(name, value)).toEqual([
    expect.stringMatching(new RegExp(`^[A-Z_]+ \\(parameter ${name}\\) must .*\\.$`)),
  ]);
});

test.each([
  ['APP_URL', null, /^APP_URL is missing/],
  ['MAIL_FROM', '', /^MAIL_FROM is missing/],
  ['MAIL_FROM', 'Acme no-reply@example.com', /^MAIL_FROM must be one email address, or a name and/],
  ['MAIL_FROM', 'Acme <no-reply@example.com', /^MAIL_FROM must be one email address, or a name and/],
  ['APP_URL', 'http://localhost:3000', /^APP_URL must begin with https/],
  ['ISSUER', 'http://127.0.0.1:3000', /^ISSUER must begin with https/],
  ['CORS_ORIGINS', 'https://app.example.com/', /^CORS_ORIGINS must be origins/],
  ['CORS_ORIGINS', 'https://app.example.com,https://*.com', /^CORS_ORIGINS must be origins/],
  ['CORS_ORIGINS', 'https://app.example.com, http://app.example.com', /^CORS_ORIGINS must use https/],
  ['CORS_ORIGINS', 'http://*.example.com', /^CORS_ORIGINS must use https/],
  ['APP_URL', 'https://app.example.com/#top', /^APP_URL must be a URL/],
  ['BCRYPT_COST', '4', /^BCRYPT_COST must be at least 10/],
  ['ACCESS_TOKEN_TTL', 'an hour', /^ACCESS_TOKEN_TTL must be a whole number/],
  [
    'AWS_ENDPOINT_URL_DYNAMODB',
    'http://127.0.0.1:8000',
    /^AWS_ENDPOINT_URL_DYNAMODB is for the local stack only/,
  ],
])('refuses %s %j', (name, value, sentence) => {
  expect(withVariable(name, value)).toEqual([expect.stringMatching(sentence)]);
});

test.each([
  'https://*.example.com,capacitor://localhost,tauri://localhost',
  'http://localhost,http://tauri.localhost,http://localhost:5173,http://127.0.0.1:*',
])('takes CORS_ORIGINS %j', (origins) => {
  expect(withVariable('CORS_ORIGINS', origins)).toEqual([]);
});

test('takes an APP_URL that routes by its fragment', () => {
  expect(withVariable('APP_URL', 'https://app.example.com/#/')).toEqual([]);
});

test('a secret of this machine is refused with the key and without it', () => {
  expect(withVariable('SEALING_SECRET', 'A'.repeat(43))).toContain(
    'SEALING_SECRET is for the local stack only and must not be set for a deployed function.',
  );
  const { SEALING_KMS_KEY: _, ...rest } = fine.environment;
  expect(faultsOf({ environment: { ...rest, SEALING_SECRET: 'A'.repeat(43) } })).not.toEqual([]);
});

describe('settings that go together', () => {
  const arn = 'arn:aws:acm:eu-central-1:123456789012:certificate/abc';

  test.each<[string, Record<string, unknown>, RegExp[]]>([
    [
      'a domain without a certificate',
      { domainName: 'auth.example.com' },
      [/^CERTIFICATE_ARN .* is missing/],
    ],
    ['a certificate without a domain', { certificateArn: arn }, [/^DOMAIN_NAME .* is missing/]],
    ['a zone without a domain', { hostedZoneId: 'Z123' }, [/^DOMAIN_NAME .* is missing/]],
    [
      'a certificate of another region',
      { domainName: 'auth.example.com', certificateArn: arn.replace('eu-central-1', 'us-east-1') },
      [/^CERTIFICATE_ARN .* region, eu-central-1/],
    ],
    ['a domain with its certificate', { domainName: 'auth.example.com', certificateArn: arn }, []],
    [
      'more kept warm than may run',
      { hashingConcurrency: '2', provisionedConcurrency: '3' },
      [/^HASHING_CONCURRENCY .* at least PROVISIONED_CONCURRENCY/],
    ],
    ['a budget for nobody', { monthlyBudget: 100, alarmEmail: null }, [/^ALARM_EMAIL .* is missing/]],
    ['prod without anybody to tell', { alarmEmail: null }, [/^ALARM_EMAIL .* is missing/]],
  ])('%s', (_, settings, sentences) => {
    expect(faultsOf({ settings: { ...fine.settings, ...settings } })).toEqual(
      sentences.map((sentence) => expect.stringMatching(sentence)),
    );
  });

  test('another stage than prod may have no budget that reaches nobody', () => {
    const settings = { ...fine.settings, alarmEmail: null, monthlyBudget: 100 };
    expect(faultsOf({ stage: 'dev', settings })).toEqual([
      expect.stringMatching(/^ALARM_EMAIL .* somebody must get the emails about the budget/),
    ]);
  });

  test('another stage than prod may go without', () => {
    expect(faultsOf({ stage: 'dev', settings: { ...fine.settings, alarmEmail: null } })).toEqual([]);
  });
});

test('a package alone need not be complete, but what is set must be right', () => {
  const environment = { ...fine.environment, APP_URL: null, MAIL_FROM: null };
  expect(faultsOf({ complete: false, environment })).toEqual([]);
  expect(faultsOf({ complete: false, environment, settings: { ...fine.settings, waf: 'yes' } })).toHaveLength(
    1,
  );
});
