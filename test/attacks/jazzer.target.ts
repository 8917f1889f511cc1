import type { Endpoint } from '../../lib/http/endpoint.ts';
import { endpoints, faultOf } from './endpoints.ts';

const TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'application/json;',
];

let all = endpoints();
let served = 0;

/**
 * What Jazzer.js calls with bytes of its choice: the first three pick the route, the content type and how the body is
 * delivered, the next 64 are the header that carries a token and the query, the rest is the body.
 */
export async function fuzz(data: Buffer): Promise<void> {
  if (data.length < 3) return;
  served += 1;
  if (served % 10_000 === 0) all = endpoints(); // stores in memory grow
  const [route, type, delivery] = data as unknown as [number, number, number];
  const names = [...all.keys()];
  const [httpMethod = '', resource = ''] = (names[route % names.length] ?? '').split(' ');
  const token = data.subarray(3, 67).toString('latin1');
  const body = data.subarray(67);
  const base64 = (delivery & 1) === 1;
  const headers: Record<string, string> = {
    'Content-Type': TYPES[type % TYPES.length] ?? '',
    Authorization: `Bearer ${token}`,
    token,
  };
  const fault = await faultOf(all.get(`${httpMethod} ${resource}`) as Endpoint, {
    httpMethod,
    resource,
    path: resource,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, one]) => [name, [one]])),
    queryStringParameters: { tag: token, token },
    multiValueQueryStringParameters: null,
    requestContext: { identity: { sourceIp: '192.0.2.1' } },
    body: body.toString(base64 ? 'base64' : 'utf8'),
    isBase64Encoded: base64,
  });
  if (fault !== undefined) throw new Error(`${httpMethod} ${resource} ${fault}`);
}
