// Writes to standard output just what one request of each operation writes to its log, by the very code that the
// functions run. `npm run cost` runs it in a process of its own with a function's environment and counts the bytes.
//   node bench/log-lines.ts
import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { requestLog } from '../../lib/http/request-log.ts';
import { requestMetrics } from '../../lib/http/request-metrics.ts';
import type { MetricName } from '../../lib/metrics.ts';
import { passwordHasher } from '../../lib/passwords/password-hasher.ts';
import type { Operation } from '../results-file.ts';

/** Route, function and name of each operation in the dialect that has them all, and the hashes that it computes. */
const REQUESTS: Record<Operation, { route: string; lambda: string; metric: MetricName; hashes: boolean }> = {
  register: { route: '/auth/register', lambda: 'signup', metric: 'SignUps', hashes: true },
  'log-in': { route: '/auth/login', lambda: 'login', metric: 'LogIns', hashes: true },
  refresh: { route: '/auth/refresh-tokens', lambda: 'refresh-tokens', metric: 'Refreshes', hashes: false },
  welcome: { route: '/auth', lambda: 'welcome', metric: 'TokenChecks', hashes: false },
  'log-out': { route: '/auth/logout', lambda: 'logout', metric: 'LogOuts', hashes: false },
  forget: {
    route: '/auth/forget-password',
    lambda: 'forget-password',
    metric: 'ResetRequests',
    hashes: false,
  },
  reset: { route: '/auth/reset-password', lambda: 'reset-password', metric: 'PasswordResets', hashes: true },
};

const hasher = passwordHasher({ passwordHash: 'bcrypt', bcryptCost: 4 });

for (const [operation, { route, lambda, metric, hashes }] of Object.entries(REQUESTS)) {
  console.log(`# ${operation}`);
  const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(requestMetrics(() => metric))
    .use(requestLog(() => 'auth', undefined))
    .handler(async () => {
      if (hashes) await hasher.hash('the cost of the hash does not change the line');
      return { statusCode: 200, body: '' };
    });
  const event = {
    httpMethod: 'POST',
    resource: route,
    path: route,
    requestContext: { requestId: randomUUID() },
  } as unknown as APIGatewayProxyEvent;
  await handler(event, { functionName: `gatehouse-prod-${lambda}` } as Context);
}
