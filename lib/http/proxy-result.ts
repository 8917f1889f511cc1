import type { APIGatewayProxyResult } from 'aws-lambda';
import type { Answer } from './operation.ts';

/** An answer in the form that API Gateway's proxy integration expects. */
export function proxyResult({ status, headers, body, page }: Answer): APIGatewayProxyResult {
  if (page) {
    const type = { 'Content-Type': 'text/html; charset=utf-8' };
    return { statusCode: status, headers: { ...type, ...headers }, body: page.markup };
  }
  return {
    statusCode: status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: body === undefined ? '' : JSON.stringify(body),
  };
}
