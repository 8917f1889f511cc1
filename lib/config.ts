import { createSecretKey, type KeyObject } from 'node:crypto';
import * as v from 'valibot';
import type { Brand } from './brand.ts';
import type { AddressLimits } from './core/throttle.ts';
import { isOriginPattern } from './http/allowed-origins.ts';
import type { TrustedProxy } from './http/trusted-proxy.ts';
import { readSender, type Sender } from './mail/sender.ts';
import { ALGORITHMS, type SigningAlgorithm } from './tokens/algorithms.ts';

/** All settings; durations in milliseconds unless the name says otherwise. */
export type Config = {
  tablePrefix: string;
  issuer: string;
  audience: string;
  appUrl: string;
  brand: Brand;
  /** The app's log-in page, to which our pages link. */
  loginUrl: string | undefined;
  /** Links at the foot of every page. */
  termsUrl: string | undefined;
  supportUrl: string | undefined;
  /** Passkeys: the host, the name that browsers show, and the origins of pages that may use them. */
  relyingParty: { id: string; name: string; origins: readonly string[] };
  mailFrom: Sender;
  /** The SES configuration set, through which SES reports bounces and complaints. */
  mailConfigurationSet: string | undefined;
  sealing: { kmsKey: string } | { secret: Uint8Array };
  /** The key of the pseudonyms in the log; without it the log has none. */
  auditKey: KeyObject | undefined;
  accessTokenSeconds: number;
  lifetimes: { accessToken: number; idle: number; absolute: number };
  refreshGrace: number;
  tagLifetime: number;
  keyLifetime: number;
  signingAlgorithm: SigningAlgorithm;
  passwordMinimum: number;
  /** Whether common passwords are refused, and those made of the account's own name and address. */
  commonPasswords: 'refuse' | 'allow';
  /** The service that knows breached passwords, if they are refused. */
  breachedPasswordsApi: string | undefined;
  /** Whether addresses are verified, and if so, before or after the account exists. */
  emailVerification: 'off' | 'after' | 'before';
  /** The scheme of new password hashes. */
  passwordHash: 'bcrypt' | 'argon2id';
  bcryptCost: number;
  corsOrigins: readonly string[];
  /** Request headers that pages may send in addition to those that are always allowed. */
  corsHeaders: readonly string[];
  trustedProxy: TrustedProxy | undefined;
  /** The time limit of the hook `findLegacy`, which is also the least time of a failed log-in while the hook exists. */
  migrationFloor: number;
  limits: AddressLimits;
  /** Whether the administrator's API (`/admin/*`) is on. */
  adminApi: boolean;
  /** How many mails an hour may go to addresses that nobody has verified. */
  unverifiedMailsPerHour: number;
  /** Whether events go to EventBridge. */
  publishesEvents: boolean;
  /** Whether events have the email address of the account. */
  eventsHaveEmail: boolean;
};

/** Names every variable that is missing or wrong, in one message; values are left out, since one of them is a secret. */
class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const wholeNumber = (fallback: number, minimum: number, maximum: number) =>
  v.pipe(
    v.optional(
      v.pipe(v.string(), v.regex(/^\d{1,10}$/, 'must be a whole number'), v.transform(Number)),
      String(fallback),
    ),
    v.minValue(minimum, `must be at least ${minimum}`),
    v.maxValue(maximum, `must be at most ${maximum}`),
  );

/** Paths are appended to it: it ends without a slash. */
const withoutSlash = v.transform((text: string) => new URL(text).href.replace(/\/+$/, ''));

const url = v.pipe(
  v.string('is missing'),
  v.check(
    isWebUrl,
    'must be a URL that begins with https:// (http:// for localhost), without a query or fragment',
  ),
  withoutSlash,
);

/** An app that routes by the fragment (`https://app.example.com/#/`) has the paths of its pages behind the fragment. */
const appUrl = v.pipe(
  v.string('is missing'),
  v.check(
    (text) => isWebUrl(text.replace(/#!?(\/[^?#]*)?$/, '')),
    'must be a URL that begins with https:// (http:// for localhost), without a query, where a fragment is that of a router: https://app.example.com/#/',
  ),
  withoutSlash,
);

/** A picture that pages show: fetched by https, or held in the URL itself. */
const logoUrl = v.check<string, string>(
  (text) =>
    /^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z\d+/]+={0,2}$/.test(text) ||
    (URL.parse(text)?.protocol === 'https:' && !/[\s"'<>;,]/.test(text)),
  'must be a URL that begins with https://, or data:image/…;base64,…',
);

/** Where a page leads, which may have a query and a fragment. */
const linkUrl = v.optional(
  v.pipe(
    v.string(),
    v.maxLength(500, 'must have at most 500 characters'),
    v.check((text) => isWebUrl(text.replace(/[?#].*$/, '')), 'must be a URL that begins with https://'),
  ),
);

const logo = v.optional(
  v.pipe(v.string(), v.maxLength(2_000, 'must have at most 2,000 characters'), logoUrl),
);

const origin = v.check<string, string>(
  isOriginPattern,
  'must be origins separated by commas, such as https://app.example.com, capacitor://localhost or https://*.example.com (* is one label), each in lower case and without a slash at the end',
);

/** Apps of Android have an origin of their own: the SHA-256 of the key that signed them. */
const passkeyOrigin = v.check<string, string>(
  (text) => isOriginPattern(text) || /^android:apk-key-hash:[\w-]{43}$/.test(text),
  'must be origins separated by commas, such as https://app.example.com or android:apk-key-hash:…, each in lower case and without a slash at the end',
);

const HOST_NAME = /^(?=.{1,253}$)([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)*[a-z]([a-z\d-]{0,61}[a-z\d])?$/;

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]{1,100}$/;

const listed = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const onOff = v.optional(v.picklist(['off', 'on'], 'must be off or on'), 'off');

const environment = v.object({
  TABLE_PREFIX: v.pipe(
    v.string('is missing'),
    v.regex(/^[\w.-]{1,200}$/, 'must be the beginning of table names'),
  ),
  ISSUER: url,
  AUDIENCE: v.optional(v.string()),
  APP_URL: appUrl,
  APP_LOGIN_URL: linkUrl,
  TERMS_URL: linkUrl,
  SUPPORT_URL: linkUrl,
  BRAND_NAME: v.optional(
    v.pipe(
      v.string(),
      v.trim(),
      v.regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,60}$/u, 'must be 1 to 60 characters of text'),
    ),
    'Gatehouse',
  ),
  BRAND_COLOR: v.optional(
    v.pipe(v.string(), v.regex(/^#[\da-f]{6}$/i, 'must be a colour such as #1d4ed8'), v.toLowerCase()),
    '#1d4ed8',
  ),
  // Lambda's whole environment holds 4 kB.
  BRAND_LOGO_URL: logo,
  BRAND_LOGO_DARK_URL: logo,
  RP_ID: v.optional(
    v.pipe(
      v.string(),
      v.regex(HOST_NAME, 'must be a host name such as example.com, without https:// and a port'),
    ),
  ),
  RP_NAME: v.optional(
    v.pipe(
      v.string(),
      v.trim(),
      v.regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,60}$/u, 'must be 1 to 60 characters of text'),
    ),
  ),
  RP_ORIGINS: v.optional(
    v.pipe(
      v.string(),
      v.transform(listed),
      v.minLength(1, 'must name an origin'),
      v.array(v.pipe(v.string(), passkeyOrigin)),
    ),
  ),
  MAIL_FROM: v.pipe(
    v.string('is missing'),
    v.transform(readSender),
    v.custom<Sender>(
      (sender) => sender !== undefined,
      'must be one email address, or a name and an address in angle brackets: Example <no-reply@example.com>',
    ),
  ),
  MAIL_CONFIGURATION_SET: v.optional(
    v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/, 'must be the name of a configuration set of SES')),
  ),
  SEALING_KMS_KEY: v.optional(v.pipe(v.string(), v.startsWith('arn:', 'must be the ARN of a KMS key'))),
  AUDIT_KEY: v.optional(
    v.pipe(v.string(), v.regex(/^[\da-f]{64}$/, 'must be 32 bytes as 64 hexadecimal digits in lower case')),
  ),
  SEALING_SECRET: v.optional(
    v.pipe(v.string(), v.regex(/^[\w-]{43}$/, 'must be 32 bytes as 43 characters of base64url')),
  ),
  ACCESS_TOKEN_TTL: wholeNumber(3_600, 60, 86_400),
  SESSION_IDLE_TTL: wholeNumber(7 * 86_400, 60, 366 * 86_400),
  SESSION_ABSOLUTE_TTL: wholeNumber(30 * 86_400, 60, 366 * 86_400),
  REFRESH_GRACE: wholeNumber(10, 0, 300),
  RESET_TAG_TTL: wholeNumber(1_800, 60, 86_400),
  SIGNING_KEY_TTL: wholeNumber(30 * 86_400, 2 * 86_400, 3_650 * 86_400),
  SIGNING_ALGORITHM: v.optional(v.picklist(ALGORITHMS, `must be one of ${ALGORITHMS.join(', ')}`), 'RS256'),
  PASSWORD_MIN_LENGTH: wholeNumber(8, 8, 64),
  COMMON_PASSWORDS: v.optional(v.picklist(['refuse', 'allow'], 'must be refuse or allow'), 'refuse'),
  EMAIL_VERIFICATION: v.optional(
    v.picklist(['off', 'after', 'before'], 'must be off, after or before'),
    'off',
  ),
  BREACHED_PASSWORDS: v.optional(v.picklist(['off', 'check'], 'must be off or check'), 'off'),
  BREACHED_PASSWORDS_API: v.optional(url, 'https://api.pwnedpasswords.com'),
  PASSWORD_HASH: v.optional(v.picklist(['bcrypt', 'argon2id'], 'must be bcrypt or argon2id'), 'bcrypt'),
  BCRYPT_COST: wholeNumber(12, 4, 16),
  CORS_ORIGINS: v.pipe(v.optional(v.string(), ''), v.transform(listed), v.array(v.pipe(v.string(), origin))),
  CORS_HEADERS: v.pipe(
    v.optional(v.string(), ''),
    v.transform(listed),
    v.array(v.pipe(v.string(), v.regex(HEADER_NAME, 'must be names of headers, separated by commas'))),
  ),
  TRUSTED_PROXY_HEADER: v.optional(
    v.pipe(
      v.string(),
      v.regex(HEADER_NAME, 'must be the name of a header such as CloudFront-Viewer-Address'),
    ),
  ),
  TRUSTED_PROXY_SECRET: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[\x21-\x7e]{32,256}$/, 'must be 32 to 256 characters of ASCII without spaces'),
    ),
  ),
  MIGRATION_FLOOR: wholeNumber(4, 1, 20),
  ADMIN_API: v.optional(v.picklist(['off', 'on'], 'must be off or on'), 'off'),
  LIMIT_LOGIN_FAILURES: wholeNumber(100, 1, 1_000_000),
  LIMIT_SIGNUPS: wholeNumber(100, 1, 1_000_000),
  LIMIT_FORGETS: wholeNumber(100, 1, 1_000_000),
  LIMIT_REFRESHES: wholeNumber(1_000, 1, 1_000_000),
  LIMIT_UNVERIFIED_MAILS: wholeNumber(50, 1, 1_000_000),
  LIMIT_VERIFICATIONS: wholeNumber(100, 1, 1_000_000),
  EVENTS: onOff,
  EVENTS_INCLUDE_EMAIL: onOff,
});

/**
 * Reads the configuration from environment variables; an empty one counts as unset.
 *
 * @throws ConfigError naming every variable that is missing or wrong
 */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = v.safeParse(environment, given);
  const faults = (result.issues ?? []).map((issue) => {
    const missing = issue.kind === 'schema' && issue.type === 'object';
    return `${String(issue.path?.[0].key)} ${missing ? 'is missing' : issue.message}`;
  });
  if ((given.SEALING_KMS_KEY === undefined) === (given.SEALING_SECRET === undefined)) {
    faults.push('exactly one of SEALING_KMS_KEY and SEALING_SECRET must be set');
  }
  if ((given.TRUSTED_PROXY_HEADER === undefined) !== (given.TRUSTED_PROXY_SECRET === undefined)) {
    faults.push('TRUSTED_PROXY_HEADER and TRUSTED_PROXY_SECRET must be set together');
  }
  faults.push(...faultsOfLogos(given));
  if (!result.success || faults.length > 0)
    throw new ConfigError(`Wrong configuration: ${faults.join('; ')}.`);

  const set = result.output;
  return {
    tablePrefix: set.TABLE_PREFIX,
    issuer: set.ISSUER,
    audience: set.AUDIENCE ?? set.ISSUER,
    appUrl: set.APP_URL,
    brand: {
      name: set.BRAND_NAME,
      color: set.BRAND_COLOR,
      logoUrl: set.BRAND_LOGO_URL,
      logoDarkUrl: set.BRAND_LOGO_DARK_URL,
    },
    loginUrl: set.APP_LOGIN_URL,
    termsUrl: set.TERMS_URL,
    supportUrl: set.SUPPORT_URL,
    relyingParty: {
      id: set.RP_ID ?? new URL(set.APP_URL).hostname,
      name: set.RP_NAME ?? set.BRAND_NAME,
      origins: set.RP_ORIGINS ?? [...new Set([new URL(set.APP_URL).origin, ...set.CORS_ORIGINS])],
    },
    mailFrom: set.MAIL_FROM,
    mailConfigurationSet: set.MAIL_CONFIGURATION_SET,
    sealing: set.SEALING_KMS_KEY
      ? { kmsKey: set.SEALING_KMS_KEY }
      : { secret: Buffer.from(set.SEALING_SECRET as string, 'base64url') },
    auditKey: set.AUDIT_KEY === undefined ? undefined : createSecretKey(set.AUDIT_KEY, 'hex'),
    accessTokenSeconds: set.ACCESS_TOKEN_TTL,
    lifetimes: {
      accessToken: set.ACCESS_TOKEN_TTL * 1000,
      idle: set.SESSION_IDLE_TTL * 1000,
      absolute: set.SESSION_ABSOLUTE_TTL * 1000,
    },
    refreshGrace: set.REFRESH_GRACE * 1000,
    tagLifetime: set.RESET_TAG_TTL * 1000,
    keyLifetime: set.SIGNING_KEY_TTL * 1000,
    signingAlgorithm: set.SIGNING_ALGORITHM,
    passwordMinimum: set.PASSWORD_MIN_LENGTH,
    commonPasswords: set.COMMON_PASSWORDS,
    emailVerification: set.EMAIL_VERIFICATION,
    breachedPasswordsApi: set.BREACHED_PASSWORDS === 'check' ? set.BREACHED_PASSWORDS_API : undefined,
    passwordHash: set.PASSWORD_HASH,
    bcryptCost: set.BCRYPT_COST,
    corsOrigins: set.CORS_ORIGINS,
    corsHeaders: set.CORS_HEADERS,
    trustedProxy: set.TRUSTED_PROXY_HEADER
      ? { header: set.TRUSTED_PROXY_HEADER, secret: set.TRUSTED_PROXY_SECRET as string }
      : undefined,
    migrationFloor: set.MIGRATION_FLOOR * 1000,
    adminApi: set.ADMIN_API === 'on',
    unverifiedMailsPerHour: set.LIMIT_UNVERIFIED_MAILS,
    publishesEvents: set.EVENTS === 'on',
    eventsHaveEmail: set.EVENTS_INCLUDE_EMAIL === 'on',
    limits: {
      logins: set.LIMIT_LOGIN_FAILURES,
      signUps: set.LIMIT_SIGNUPS,
      forgets: set.LIMIT_FORGETS,
      refreshes: set.LIMIT_REFRESHES,
      verifications: set.LIMIT_VERIFICATIONS,
    },
  };
}

function faultsOfLogos(given: Record<string, string | undefined>): string[] {
  const { BRAND_LOGO_URL: light, BRAND_LOGO_DARK_URL: dark } = given;
  if (dark === undefined) return [];
  if (light === undefined) return ['BRAND_LOGO_DARK_URL needs a BRAND_LOGO_URL'];
  return light.length + dark.length > 2_000
    ? ['BRAND_LOGO_URL and BRAND_LOGO_DARK_URL must have at most 2,000 characters together']
    : [];
}

function isWebUrl(text: string): boolean {
  // `URL` accepts what mail programs and comparisons don't: blanks, backslashes, a missing slash, an empty query.
  if (!/^https?:\/\/[^\s\\?#<>"']+$/.test(text)) return false;
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return false;
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(url.hostname))
  );
}
