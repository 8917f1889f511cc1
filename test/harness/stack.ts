import { randomUUID } from 'node:crypto';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TestProject } from 'vitest/node';
import { namePrefix, readService, routesOf } from '../../tools/deploy/service.ts';
import { startApi } from '../../tools/local/api.ts';
import { startDynoxide } from '../../tools/local/dynoxide.ts';
import { localEnvironment } from '../../tools/local/environment.ts';
import { startInbox } from '../../tools/local/inbox.ts';
import { localAccess } from '../../tools/local/local-access.ts';
import type { Part } from '../../tools/local/part.ts';
import { freePort } from '../../tools/local/ports.ts';
import { driveStream } from '../../tools/local/stream-driver.ts';
import { createTables } from '../../tools/local/tables.ts';

/** Where the parts of the stack under test answer, and the environment its functions have. */
export type Stack = {
  apiUrl: string;
  inboxUrl: string;
  dynamodbUrl: string;
  environment: Record<string, string>;
  /** `POST /auth/login` and the like to the name of the function. */
  routes: Record<string, string>;
};

declare module 'vitest' {
  export interface ProvidedContext {
    stack: Stack;
  }
}

/**
 * Starts the real parts once for all tests, on free ports and with data in memory: what `npm start` starts. A DynamoDB that
 * `DYNAMODB_ENDPOINT` names is used in place of one in memory, with tables of their own, which are deleted at the end.
 */
export default async function startStack({ provide }: TestProject): Promise<() => Promise<void>> {
  const [apiPort, dynamodbPort, inboxPort] = [await freePort(), await freePort(), await freePort()];
  const given = process.env.DYNAMODB_ENDPOINT;
  const ports = { PORT: String(apiPort), DYNAMODB_PORT: String(dynamodbPort), SES_PORT: String(inboxPort) };
  const service = await readService();
  const prefix = given === undefined ? namePrefix(service) : `test-${randomUUID()}`;
  const environment = {
    ...localEnvironment({ ...ports, ...(given !== undefined && { DYNAMODB_ENDPOINT: given }) }),
    ...ports,
    CORS_ORIGINS: '', // as deployed by default
    ADMIN_API: 'on',
    TABLE_PREFIX: prefix,
    AWS_REGION: 'eu-central-1',
    BCRYPT_COST: '4',
    LOG_LEVEL: 'SILENT',
  };

  const dynamodb = given === undefined ? await startDynoxide({ port: dynamodbPort }) : lent(given);
  const tables = await createTables({ endpoint: dynamodb.url, prefix, service });
  const inbox = await startInbox({ port: inboxPort });
  const api = await startApi({ port: apiPort, service, env: environment });
  await api.invoke('rotate-keys', { command: 'rotate' }); // as a deployment does
  const mapping = service.functions['send-mail']?.events?.find(({ stream }) => stream)?.stream;
  if (mapping === undefined) throw new Error('serverless.yml gives send-mail no stream to read');
  const stream = driveStream({
    endpoint: dynamodb.url,
    table: `${prefix}-reset-tags`,
    mapping,
    invoke: (records) => api.invoke('send-mail', { Records: records }),
  });

  provide('stack', {
    apiUrl: api.url,
    inboxUrl: inbox.url,
    dynamodbUrl: dynamodb.url,
    environment,
    routes: Object.fromEntries(
      routesOf(service).map(({ method, path, name }) => [`${method} ${path}`, name]),
    ),
  });
  return async () => {
    for (const part of [stream, api, inbox]) await part.stop();
    if (given !== undefined) await deleteTables(given, tables);
    await dynamodb.stop();
  };
}

/** A DynamoDB that somebody else has started, and stops. */
function lent(url: string): Part {
  return { url, stop: async () => undefined };
}

async function deleteTables(endpoint: string, tables: readonly string[]): Promise<void> {
  const client = new DynamoDBClient(localAccess(endpoint));
  for (const TableName of tables) await client.send(new DeleteTableCommand({ TableName }));
  client.destroy();
}
