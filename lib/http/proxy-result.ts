import type { APIGatewayProxyResult } from 'aws-lambda';
import type { Answer } from '../dialects/dialect.ts';

/** An answer as API Gateway wants it. */
export function proxyResult({ status, headers, body }: Answer): APIGatewayProxyResult {
  return {
    statusCode: status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: body === undefined ? '' : JSON.stringify(body),
  };
}
