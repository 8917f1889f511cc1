import { randomUUID } from 'node:crypto';
import type { Call } from './client.ts';
import { form } from './page-of.ts';
import { device } from './passkeys.ts';
import { administer } from './signed.ts';

/** What is the same for everybody is answered without a look at the tables. */
const READS_NOTHING =
  /^OPTIONS |^GET \/(account|docs.*|openapi\.json|forgot-password|verify-email|undo|\.well-known\/(openid-configuration|webauthn|passkey-endpoints))$/;

export const routeReads = (route: string) => !READS_NOTHING.test(route);

const TAG = 'A'.repeat(64);
const ACCESS_TOKEN = `${Buffer.from('{"alg":"RS256","typ":"at+jwt","kid":"x"}').toString('base64url')}.e30.AA`;

/**
 * A request of nobody in particular that gets as far as DynamoDB, whichever route it is (see `routeReads`). Its tokens, tags
 * and challenges have the right form, and nobody was given them.
 */
export function callThatReads(route: string): Call {
  const [method, path = ''] = route.split(' ') as [string, string];
  const email = `${randomUUID()}@example.com`;
  const person = { name: 'Ada', email, username: email, password: 'a warm-up password' };
  if (!path.startsWith('/a') && method === 'POST')
    return form(path, { tag: TAG, email, password: person.password });
  if (path.startsWith('/admin/'))
    return administer(`${method} ${path.replace('{userId}', randomUUID())}`, {
      email,
      name: 'Ada',
      roles: [],
    });
  const headers = { authorization: `Bearer ${ACCESS_TOKEN}` };
  const query = `?tag=${TAG}&token=${TAG}`;
  if (method === 'GET') return { method, path: path + query, headers };
  return { method, path: path + query, headers, body: { ...person, ...proofFor(path) } };
}

function proofFor(path: string): object {
  if (/verify-email|undo/.test(path)) return { token: TAG };
  if (path.endsWith('/second-factor')) return { challenge: 'A'.repeat(43), code: '123456' };
  if (path.endsWith('/login/passkey')) {
    const userHandle = Buffer.alloc(16).toString('base64url');
    return { response: device().logIn({ challenge: 'A'.repeat(72) }, { userHandle }) };
  }
  return { confirm: 'a warm-up password', refreshToken: 'A'.repeat(128) };
}
