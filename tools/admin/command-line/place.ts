// Which users a command is about: those of the local stack, or of a deployed stage.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import type { Database } from '../../../lib/dynamodb/database.ts';
import { stageKeyStore } from '../../../lib/dynamodb/stage-key.ts';
import { kmsDataKeys } from '../../../lib/tokens/kms-data-keys.ts';
import { secretDataKeys, unsealingWith } from '../../../lib/tokens/sealing.ts';
import { type StageKey, stageKey } from '../../../lib/tokens/stage-key.ts';
import { namePrefix, readService, type Service } from '../../deploy/service.ts';
import { typed } from '../../folders.ts';
import { dynamodbEndpoint, localEnvironment } from '../../local/environment.ts';
import { localAccess } from '../../local/local-access.ts';
import { awsSentence } from './aws-sentence.ts';

export interface PlaceOptions {
  /** A deployed stage; without one, the local stack. */
  readonly stage?: string | undefined;
  readonly region?: string | undefined;
  readonly awsProfile?: string | undefined;
}

export interface Place {
  /** `gatehouse-prod in eu-central-1`, for people. */
  readonly name: string;
  readonly database: Database;
  /** The secret of the stage, unsealed when it is first needed. */
  readonly stageKey: StageKey;
  /** One sentence for an error that DynamoDB or the way to it threw. */
  explain(error: Error): string;
}

// A command that runs for minutes outlives throttling that a request could not wait for.
const MAX_ATTEMPTS = 10;

/**
 * The tables of a stage, with credentials from the SDK's default chain (environment, profile, SSO, role); without a
 * stage those of the local stack, which are never reached with real credentials.
 */
export async function openPlace({ stage, region, awsProfile: profile }: PlaceOptions): Promise<Place> {
  const service = await readService();
  if (stage === undefined) {
    const endpoint = dynamodbEndpoint(process.env);
    const prefix = namePrefix(service);
    const client = new DynamoDBClient({ ...localAccess(endpoint), maxAttempts: 3 });
    const secret = () => Buffer.from(localEnvironment(process.env).SEALING_SECRET ?? '', 'base64url');
    const unsealing = {
      unseal: (text: string, kid: string) => unsealingWith(secretDataKeys(secret())).unseal(text, kid),
    };
    return placeOf({ client, prefix, unsealing, name: `the local ${prefix} at ${endpoint}`, endpoint });
  }
  const where = regionOf(service, { region });
  const prefix = `${service.service}-${stage}`;
  const client = new DynamoDBClient({
    region: where,
    maxAttempts: MAX_ATTEMPTS,
    ...(profile !== undefined && { profile }),
  });
  const credentials = { region: where, ...(profile !== undefined && { profile }) };
  const kms = new KMSClient(credentials);
  const unsealing = unsealingWith(kmsDataKeys(`alias/${prefix}-sealing`, kms));
  return placeOf({ client, prefix, unsealing, name: `${prefix} in ${where}` });
}

/** The place of a stage: from the options, or else from serverless.yml. */
export function regionOf({ provider }: Service, { region }: PlaceOptions): string {
  return region ?? process.env.AWS_REGION ?? provider.region;
}

function placeOf({
  client,
  prefix,
  unsealing,
  name,
  endpoint: localEndpoint,
}: {
  client: DynamoDBClient;
  prefix: string;
  unsealing: Parameters<typeof stageKey>[1];
  name: string;
  endpoint?: string;
}): Place {
  const database: Database = { client, nameOf: (table) => `${prefix}-${table}` };
  return {
    name,
    database,
    stageKey: stageKey(stageKeyStore(database), unsealing),
    explain(error) {
      const cause = causeOf(error);
      if (cause.name === 'ResourceNotFoundException')
        return `There are no tables of ${name}: deploy (or start) it first, or correct --stage and --region.`;
      if (localEndpoint !== undefined && isUnreachable(cause))
        return `Nothing answers at ${localEndpoint}: run \`${typed('start')}\` first, or name a deployed stage with --stage.`;
      return awsSentence(cause);
    },
  };
}

/** The stores wrap the SDK's errors for clients of the API. Operators need the original error. */
function causeOf(error: Error): Error {
  return error.name === 'ProblemError' && error.cause instanceof Error ? error.cause : error;
}

function isUnreachable(error: Error): boolean {
  const { code } = error as Error & { code?: string };
  return ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT'].includes(code ?? '');
}
