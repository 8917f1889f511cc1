import type { Call, Client, Reply } from './client.ts';

/** The access key of the administrator of the tests. Nobody checks the signature here: API Gateway does. */
const ACCESS_KEY = 'AKIAIOSFODNN7EXAMPLE';
export const CALLER = `arn:aws:iam::000000000000:user/${ACCESS_KEY}`;

export const signed = {
  authorization: `AWS4-HMAC-SHA256 Credential=${ACCESS_KEY}/20261127/eu-central-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
};

/** A call of the administrator's API: `POST /admin/users/…/disable`. */
export function administer(route: string, body?: unknown): Call {
  const [method = '', path = ''] = route.split(' ');
  return { method, path, headers: signed, ...(body !== undefined && method !== 'GET' && { body }) };
}

export function asAdministrator(client: Client): (route: string, body?: unknown) => Promise<Reply> {
  return (route, body) => client.send(administer(route, body));
}
