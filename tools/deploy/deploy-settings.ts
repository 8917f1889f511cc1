// The checks of the settings before a deployment. serverless.yml says where they come from (`params`, `custom.settings`);
// the functions' own settings are checked by lib/config.ts, as they do themselves.
import * as v from 'valibot';
import { readConfig } from '../../lib/config.ts';
import { installed } from '../folders.ts';

export type DeploySettings = v.InferOutput<typeof settingsSchema>;

/** Each setting of `custom.settings`, with the environment variable that wins over its parameter. */
const variableOf = {
  alarmEmail: 'ALARM_EMAIL',
  domainName: 'DOMAIN_NAME',
  certificateArn: 'CERTIFICATE_ARN',
  hostedZoneId: 'HOSTED_ZONE_ID',
  waf: 'WAF',
  wafRequests: 'WAF_REQUESTS',
  wafHashes: 'WAF_HASHES',
  monthlyBudget: 'MONTHLY_BUDGET',
  apiLogRole: 'API_LOG_ROLE',
  sealingKeyArn: 'SEALING_KEY_ARN',
  trustedProxyHeader: 'TRUSTED_PROXY_HEADER',
  trustedProxySecret: 'TRUSTED_PROXY_SECRET',
  logRetentionDays: 'LOG_RETENTION_DAYS',
  memoryMb: 'MEMORY_MB',
  provisionedConcurrency: 'PROVISIONED_CONCURRENCY',
  requestsPerSecond: 'REQUESTS_PER_SECOND',
  hashesPerSecond: 'HASHES_PER_SECOND',
  hashingConcurrency: 'HASHING_CONCURRENCY',
  canary: 'CANARY',
  apiReference: 'API_REFERENCE',
  adminApi: 'ADMIN_API',
  events: 'EVENTS',
} as const;

/** A value from YAML, or from the environment, which has only text. */
const whole = (minimum: number, maximum: number) =>
  v.pipe(
    v.unknown(),
    v.check(
      (value) => /^\d{1,9}$/.test(String(value)) && Number(value) >= minimum && Number(value) <= maximum,
      `must be a whole number from ${minimum} to ${maximum}`,
    ),
    v.transform(Number),
  );

const onOrOff = v.pipe(
  v.unknown(),
  v.check((value) => ['true', 'false'].includes(String(value)), 'must be true or false'),
  v.transform((value) => String(value) === 'true'),
);

const text = (pattern: RegExp, rule: string) => v.nullable(v.pipe(v.string(rule), v.regex(pattern, rule)));

/** The retention times that CloudWatch allows, in days. */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
].concat([3288, 3653]);

export const settingsSchema = v.object({
  alarmEmail: text(/^[^\s@,<>]+@[^\s@,<>]+\.[^\s@,<>]+$/, 'must be one email address'),
  domainName: text(
    /^(?=.{4,253}$)([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z]{2,63}$/,
    'must be a host name such as auth.example.com',
  ),
  certificateArn: text(
    /^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
    'must be the ARN of an ACM certificate',
  ),
  hostedZoneId: text(/^Z[A-Z\d]{1,31}$/, 'must be the id of a Route 53 zone, which begins with Z'),
  waf: onOrOff,
  wafRequests: whole(10, 2_000_000),
  wafHashes: whole(10, 2_000_000),
  monthlyBudget: whole(0, 999_999_999),
  apiLogRole: onOrOff,
  sealingKeyArn: text(/^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/, 'must be the ARN of a KMS key'),
  // lib/config.ts has the rules of both, by the variables of the same names.
  trustedProxyHeader: v.nullable(v.string()),
  trustedProxySecret: v.nullable(v.string()),
  logRetentionDays: v.pipe(
    whole(1, 3653),
    v.check((days) => retentions.includes(days), `must be one of ${retentions.join(', ')}`),
  ),
  memoryMb: whole(512, 10_240),
  provisionedConcurrency: whole(0, 1_000),
  requestsPerSecond: whole(1, 10_000),
  hashesPerSecond: whole(1, 10_000),
  hashingConcurrency: v.union([v.null(), whole(1, 1_000)], 'must be a whole number from 1 to 1000'),
  canary: onOrOff,
  apiReference: onOrOff,
  // lib/config.ts has its rule, by the variable of the same name
  adminApi: v.pipe(
    v.unknown(),
    v.transform((value) => value === 'on'),
  ),
  events: v.picklist(['off', 'on'], 'must be off or on'),
});

export interface Deployment {
  /** Whether the service is deployed now; `package` accepts incomplete settings. */
  readonly complete: boolean;
  readonly stage: string;
  readonly region: string;
  /** `custom.settings` of serverless.yml. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The functions' environment; an object is what CloudFormation will fill in. */
  readonly environment: Readonly<Record<string, unknown>>;
}

/**
 * The settings of a deployment.
 * @throws Error with one sentence for each that is missing or malformed
 */
export function readDeploySettings(deployment: Deployment): DeploySettings {
  const given = Object.fromEntries(
    Object.entries(deployment.settings).map(([name, value]) => [name, value === '' ? null : value]),
  );
  const result = v.safeParse(settingsSchema, given);
  const faults = (result.issues ?? []).map((issue) => {
    const name = String(issue.path?.[0].key) as keyof typeof variableOf;
    return `${variableOf[name] ?? name} (parameter ${name}) ${issue.message}.`;
  });
  if (deployment.complete) faults.push(...faultsOfFunctions(deployment.environment));
  faults.push(...faultsTogether(deployment, given));
  if (!result.success || faults.length > 0)
    throw new Error(
      `Nothing was deployed: the settings of stage ${deployment.stage} are wrong.\n${faults
        .map((fault) => `  - ${fault}`)
        .join(
          '\n',
        )}\n${installed ? 'gatehouse.yml has them for each stage.' : 'docs/configuration.md lists them; params in serverless.yml has them for each stage.'}`,
    );
  return result.output;
}

/** Settings that the functions would refuse at their start, and those that only make sense on this machine. */
function faultsOfFunctions(environment: Deployment['environment']): string[] {
  const standIns: Record<string, string> = { SEALING_KMS_KEY: 'arn:', ISSUER: 'https://issuer.invalid' };
  const variables: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === null || value === undefined) continue;
    variables[name] = typeof value === 'object' ? standIns[name] : String(value);
  }
  return [...faultsOfThisMachine(variables), ...faultsOfConfig(variables)];
}

function faultsOfThisMachine(variables: Readonly<Record<string, string | undefined>>): string[] {
  const faults = Object.keys(variables)
    .filter((name) => name === 'SEALING_SECRET' || name.startsWith('AWS_'))
    .map((name) => `${name} is for the local stack only and must not be set for a deployed function.`);
  for (const name of ['APP_URL', 'ISSUER']) {
    if (variables[name]?.startsWith('http:'))
      faults.push(
        `${name} must begin with https:// and must not be localhost: nobody else can reach this machine.`,
      );
  }
  for (const name of ['CORS_ORIGINS', 'RP_ORIGINS']) {
    const origins = (variables[name] ?? '').split(',').map((origin) => origin.trim());
    if (origins.some((origin) => origin.startsWith('http:') && !onThisMachine(origin)))
      faults.push(
        `${name} must use https:// unless it is localhost: anyone on the network path can change a page sent by http://.`,
      );
  }
  if (Number(variables.BCRYPT_COST ?? 12) < 10)
    faults.push('BCRYPT_COST must be at least 10 in a deployment: lower values are for tests.');
  return faults;
}

function faultsOfConfig(variables: Readonly<Record<string, string | undefined>>): string[] {
  try {
    readConfig(variables);
    return [];
  } catch (error) {
    const { message } = error as Error;
    const parts = message
      .replace(/^Wrong configuration: /, '')
      .replace(/\.$/, '')
      .split('; ');
    return parts.map((part) => `${part}${hintOf(part)}.`);
  }
}

/** An app in a web view has `http://localhost` or `http://tauri.localhost`, and whoever works on a page a port of it. */
function onThisMachine(origin: string): boolean {
  return /^http:\/\/((?:[a-z\d*-]+\.)?localhost|127\.0\.0\.1|\[::1\])(:(\d+|\*))?$/.test(origin);
}

function hintOf(fault: string): string {
  if (fault === 'APP_URL is missing')
    return ' (parameter appUrl): links in emails are built from it; for example https://app.example.com';
  if (fault === 'MAIL_FROM is missing')
    return ' (parameter mailFrom): the sender of emails, which SES must have verified';
  return '';
}

function faultsTogether({ stage, region, complete }: Deployment, given: Record<string, unknown>): string[] {
  const { alarmEmail = null, domainName = null, certificateArn = null, hostedZoneId = null } = given;
  const { hashingConcurrency = null, provisionedConcurrency } = given;
  const faults = [];
  if (hashingConcurrency !== null && Number(hashingConcurrency) < Number(provisionedConcurrency))
    faults.push(
      'HASHING_CONCURRENCY (parameter hashingConcurrency) must be at least PROVISIONED_CONCURRENCY: warm instances count towards it.',
    );
  if (complete && stage === 'prod' && alarmEmail === null)
    faults.push('ALARM_EMAIL (parameter alarmEmail) is missing: somebody must get the alarms of prod.');
  else if (alarmEmail === null && Number(given.monthlyBudget) > 0)
    faults.push(
      'ALARM_EMAIL (parameter alarmEmail) is missing: somebody must get the emails about the budget.',
    );
  if (domainName !== null && certificateArn === null)
    faults.push(
      'CERTIFICATE_ARN (parameter certificateArn) is missing: the domain needs an ACM certificate.',
    );
  if (domainName === null && (certificateArn !== null || hostedZoneId !== null))
    faults.push(
      'DOMAIN_NAME (parameter domainName) is missing: a certificate or a hosted zone needs a domain.',
    );
  if (typeof certificateArn === 'string' && !certificateArn.includes(`:acm:${region}:`))
    faults.push(`CERTIFICATE_ARN (parameter certificateArn) must be in the API's region, ${region}.`);
  return faults;
}
