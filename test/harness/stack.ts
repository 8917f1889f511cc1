import type { TestProject } from 'vitest/node';
import { namePrefix, readService, routesOf } from '../../tools/deploy/service.ts';
import { startApi } from '../../tools/local/api.ts';
import { startDynoxide } from '../../tools/local/dynoxide.ts';
import { localEnvironment } from '../../tools/local/environment.ts';
import { startInbox } from '../../tools/local/inbox.ts';
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

/** Starts the real parts once for all tests, on free ports and with data in memory: what `npm start` starts. */
export default async function startStack({ provide }: TestProject): Promise<() => Promise<void>> {
  const [apiPort, dynamodbPort, inboxPort] = [await freePort(), await freePort(), await freePort()];
  const ports = { PORT: String(apiPort), DYNAMODB_PORT: String(dynamodbPort), SES_PORT: String(inboxPort) };
  const service = await readService();
  const environment = {
    ...localEnvironment(ports),
    ...ports,
    CORS_ORIGINS: '', // as deployed by default
    TABLE_PREFIX: namePrefix(service),
    AWS_REGION: 'eu-central-1',
    BCRYPT_COST: '4',
    LOG_LEVEL: 'SILENT',
  };

  const dynoxide = await startDynoxide({ port: dynamodbPort });
  await createTables({ endpoint: dynoxide.url, service });
  const inbox = await startInbox({ port: inboxPort });
  const api = await startApi({ port: apiPort, service, env: environment });
  const mapping = service.functions['send-mail']?.events?.find(({ stream }) => stream)?.stream;
  if (mapping === undefined) throw new Error('serverless.yml gives send-mail no stream to read');
  const stream = driveStream({
    endpoint: dynoxide.url,
    table: `${namePrefix(service)}-reset-tags`,
    mapping,
    invoke: (records) => api.invoke('send-mail', { Records: records }),
  });

  provide('stack', {
    apiUrl: api.url,
    inboxUrl: inbox.url,
    dynamodbUrl: dynoxide.url,
    environment,
    routes: Object.fromEntries(
      routesOf(service).map(({ method, path, name }) => [`${method} ${path}`, name]),
    ),
  });
  return async () => {
    for (const part of [stream, api, inbox, dynoxide]) await part.stop();
  };
}
