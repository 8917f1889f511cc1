// Which users a command is about: those of the local stack, or of a deployed stage.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Database } from '../../../lib/dynamodb/database.ts';
import { namePrefix, readService } from '../../deploy/service.ts';
import { dynamodbEndpoint } from '../../local/environment.ts';
import { localAccess } from '../../local/local-access.ts';

export interface PlaceOptions {
  /** A deployed stage; without one, the local stack. */
  readonly stage?: string | undefined;
  readonly region?: string | undefined;
  readonly 'aws-profile'?: string | undefined;
}

export interface Place {
  /** `gatehouse-prod in eu-central-1`, for people. */
  readonly name: string;
  readonly database: Database;
  /** What to say of an error that DynamoDB or the way to it threw. */
  explain(error: unknown): string;
}

// A command that runs for minutes outlives throttling that a request could not wait for.
const MAX_ATTEMPTS = 10;

/**
 * The tables of a stage, with credentials from the SDK's default chain (environment, profile, SSO, role); without a
 * stage those of the local stack, which are never reached with real credentials.
 */
export async function openPlace({ stage, region, 'aws-profile': profile }: PlaceOptions): Promise<Place> {
  const service = await readService();
  if (stage === undefined) {
    const endpoint = dynamodbEndpoint(process.env);
    const prefix = namePrefix(service);
    const client = new DynamoDBClient({ ...localAccess(endpoint), maxAttempts: 3 });
    return placeOf(client, prefix, `the local ${prefix} at ${endpoint}`, (error) =>
      isUnreachable(error)
        ? `Nothing answers at ${endpoint}: start the local stack with \`npm start\`, or name a deployed stage with --stage.`
        : undefined,
    );
  }
  // As in serverless.yml, whose own region is resolved for nobody in particular.
  const usual = (service.provider as { region?: string }).region;
  const where = region ?? process.env.AWS_REGION ?? usual ?? 'eu-central-1';
  const prefix = `${service.service}-${stage}`;
  const client = new DynamoDBClient({
    region: where,
    maxAttempts: MAX_ATTEMPTS,
    ...(profile !== undefined && { profile }),
  });
  return placeOf(client, prefix, `${prefix} in ${where}`, () => undefined);
}

function placeOf(
  client: DynamoDBClient,
  prefix: string,
  name: string,
  explain: (cause: Error) => string | undefined,
): Place {
  return {
    name,
    database: { client, nameOf: (table) => `${prefix}-${table}` },
    explain(error) {
      const cause = causeOf(error);
      if (cause.name === 'ResourceNotFoundException')
        return `There are no tables of ${name}: deploy (or start) it first, or correct --stage and --region.`;
      return explain(cause) ?? (cause.name === 'Error' ? cause.message : `${cause.name}: ${cause.message}`);
    },
  };
}

/** The stores wrap what the SDK throws for clients of the API; here its own words are wanted. */
function causeOf(error: unknown): Error {
  const own = error instanceof Error ? error : new Error(String(error));
  return own.name === 'ProblemError' && own.cause instanceof Error ? own.cause : own;
}

function isUnreachable(error: Error): boolean {
  const { code } = error as Error & { code?: string };
  return ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT'].includes(code ?? '');
}
