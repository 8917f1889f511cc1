// Everything that differs on this machine. Functions get it only under `npm start` and `invoke local`;
// nothing of it is ever packaged.
import type { Service } from '../deploy/service.ts';
import { dataFolder } from '../folders.ts';
import { ports } from './ports.ts';
import { sealingSecret } from './sealing-secret.ts';

const manyPerAddress = '10000'; // every local client has the same address

/**
 * The functions' environment here. A variable that is already given wins.
 * @throws Error when a port variable isn't a port
 */
export function localEnvironment(given: NodeJS.ProcessEnv): Record<string, string> {
  const origin = `http://localhost:${ports(given).api}`;
  return {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint(given),
    AWS_ENDPOINT_URL_SES: sesEndpoint(given),
    ...(given.AWS_ENDPOINT_URL_EVENTBRIDGE !== undefined && {
      AWS_ENDPOINT_URL_EVENTBRIDGE: given.AWS_ENDPOINT_URL_EVENTBRIDGE,
    }),
    ISSUER: given.ISSUER ?? origin,
    APP_URL: given.APP_URL ?? origin,
    CORS_ORIGINS: corsOrigins(given.CORS_ORIGINS),
    MAIL_FROM: given.MAIL_FROM ?? 'gatehouse@localhost.test',
    AUDIT_KEY:
      given.AUDIT_KEY ?? Buffer.from(sealingSecret(`${dataFolder}audit-key`), 'base64url').toString('hex'),
    SEALING_SECRET: given.SEALING_SECRET ?? sealingSecret(`${dataFolder}sealing-secret`),
    LIMIT_LOGIN_FAILURES: given.LIMIT_LOGIN_FAILURES ?? manyPerAddress,
    LIMIT_SIGNUPS: given.LIMIT_SIGNUPS ?? manyPerAddress,
    LIMIT_FORGETS: given.LIMIT_FORGETS ?? manyPerAddress,
    LIMIT_REFRESHES: given.LIMIT_REFRESHES ?? manyPerAddress,
    LIMIT_UNVERIFIED_MAILS: given.LIMIT_UNVERIFIED_MAILS ?? manyPerAddress,
    LIMIT_VERIFICATIONS: given.LIMIT_VERIFICATIONS ?? manyPerAddress,
    LOG_LEVEL: given.LOG_LEVEL ?? 'WARN',
    METRICS_SERVICE: '', // nobody collects metrics here
    MAIL_CONFIGURATION_SET: '',
  };
}

/**
 * The whole environment of a function here: what serverless.yml gives it, each variable as this process has it where it
 * has it, and what is different on this machine.
 */
export function functionEnvironment(
  { provider, functions }: Service,
  name: string,
  given: NodeJS.ProcessEnv,
): Record<string, string> {
  const declared = Object.entries({ ...provider.environment, ...functions[name]?.environment });
  const values = declared.flatMap(([variable, written]) => {
    const value =
      given[variable] ?? (['string', 'number', 'boolean'].includes(typeof written) ? written : null);
    return value === null ? [] : [[variable, String(value)] as const];
  });
  return {
    AWS_REGION: given.AWS_REGION ?? provider.region,
    ...Object.fromEntries(values),
    ...localEnvironment(given),
  };
}

/** What is served here: without the administrator's API, unless `ADMIN_API` turns it on. */
export function served(service: Service, given: Readonly<Record<string, string | undefined>>): Service {
  if (given.ADMIN_API === 'on') return service;
  const { admin: _, ...functions } = service.functions;
  return { ...service, functions };
}

/** Allows all pages of this machine in addition to the given origins; an empty value allows none. */
function corsOrigins(given: string | undefined): string {
  if (given === '') return '';
  return [given, 'http://localhost:*', 'http://127.0.0.1:*'].filter(Boolean).join(',');
}

/** Where DynamoDB answers: `DYNAMODB_ENDPOINT`, else this machine's Dynoxide. */
export function dynamodbEndpoint(given: NodeJS.ProcessEnv): string {
  return (
    given.AWS_ENDPOINT_URL_DYNAMODB ?? given.DYNAMODB_ENDPOINT ?? `http://127.0.0.1:${ports(given).dynamodb}`
  );
}

/** Where SES answers. */
export function sesEndpoint(given: NodeJS.ProcessEnv): string {
  return given.AWS_ENDPOINT_URL_SES ?? `http://127.0.0.1:${ports(given).ses}`;
}
