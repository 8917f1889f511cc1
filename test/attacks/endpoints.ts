import type { Context } from 'aws-lambda';
import { forgetPassword } from '../../lib/core/forget-password.ts';
import { logIn } from '../../lib/core/log-in.ts';
import { logOut } from '../../lib/core/log-out.ts';
import { refreshSession } from '../../lib/core/refresh-session.ts';
import { lookAtTag, resetPassword } from '../../lib/core/reset-password.ts';
import { signUp } from '../../lib/core/sign-up.ts';
import { welcome } from '../../lib/core/welcome.ts';
import * as accounts from '../../lib/dialects/accounts.ts';
import * as apiUser from '../../lib/dialects/api-user.ts';
import * as auth from '../../lib/dialects/auth.ts';
import type { Operation } from '../../lib/dialects/dialect.ts';
import { type PageOutcome, type PageRequest, pages } from '../../lib/dialects/pages.ts';
import { type Endpoint, endpoint } from '../../lib/http/endpoint.ts';
import { world } from '../harness/memory/world.ts';

const MANY = 1_000_000_000;

/**
 * Every endpoint by its route, from the event to the answer, over stores in memory and a hasher that takes no time: what
 * is left is what happens before the hash, and after it.
 */
export function endpoints(): Map<string, Endpoint> {
  const byRoute = new Map<string, Endpoint>();
  function serve<Input, Output>(
    routes: Record<string, Operation<Input, Output>>,
    act: (input: Input) => Promise<Output>,
  ): void {
    const handler = endpoint(routes, act, { corsOrigins: ['https://app.example.com'] });
    for (const route of Object.keys(routes)) byRoute.set(route, handler);
  }

  const { parts: inMemory } = world();
  const limits = { logins: MANY, signUps: MANY, forgets: MANY, refreshes: MANY };
  const parts = { ...inMemory, throttle: { ...inMemory.throttle, limits } };

  serve(
    {
      'POST /accounts/auth': accounts.logIn,
      'POST /api/user/login': apiUser.logIn,
      'POST /auth/login': auth.logIn,
    },
    (request) => logIn(parts, request),
  );
  serve({ 'POST /api/user/signup': apiUser.signUp, 'POST /auth/register': auth.signUp }, (request) =>
    signUp(parts, request),
  );
  serve({ 'POST /auth': auth.welcome }, (request) => welcome(parts, request));
  serve({ 'POST /auth/refresh-tokens': auth.refreshTokens }, (request) => refreshSession(parts, request));
  serve({ 'GET /accounts/logout': accounts.logOut, 'POST /auth/logout': auth.logOut }, (request) =>
    logOut(parts, request),
  );
  serve(
    {
      'POST /accounts/forgetpassword': accounts.forgetPassword,
      'POST /auth/forget-password': auth.forgetPassword,
    },
    (request) => forgetPassword(parts, request),
  );
  serve(
    {
      'POST /accounts/resetpassword': accounts.resetPassword,
      'POST /auth/reset-password': auth.resetPassword,
    },
    (request) => resetPassword(parts, request),
  );
  const brand = { name: 'Gatehouse', color: '#1d4ed8', logoUrl: undefined };
  const { resetForm, reset, forgetForm, forget } = pages({
    ...parts,
    brand,
    appUrl: '',
    loginUrl: undefined,
  });
  serve<PageRequest, PageOutcome>(
    {
      'GET /reset-password': resetForm,
      'POST /reset-password': reset,
      'GET /forgot-password': forgetForm,
      'POST /forgot-password': forget,
    },
    async (request) => {
      if (request.ask === 'forget form') return { show: 'forget form' };
      if (request.ask === 'done') return { show: 'done', of: request.of };
      if (request.ask === 'forget') await forgetPassword(parts, request);
      else if (request.ask === 'reset') await resetPassword(parts, request);
      else return { show: 'reset form', tag: request.tag ?? '', ...(await lookAtTag(parts, request.tag)) };
      return { show: request.ask };
    },
  );
  return byRoute;
}

/**
 * Calls an endpoint and says what is wrong with its answer; `undefined` when nothing is. A case that seems slow is
 * timed again, since a machine that others use too may stand still at any moment.
 */
export async function faultOf(
  handler: Endpoint,
  event: object,
  onStatus?: (status: number) => void,
): Promise<string | undefined> {
  const LIMIT_MS = 100;
  let fastest = Number.POSITIVE_INFINITY;
  for (let attempt = 1; attempt <= 3 && fastest > LIMIT_MS; attempt += 1) {
    const begin = performance.now();
    const { statusCode, body, headers = {} } = await handler(event as never, {} as Context);
    fastest = Math.min(fastest, performance.now() - begin);
    if (attempt === 1) onStatus?.(statusCode);
    if (statusCode < 200 || statusCode >= 500) return `answered ${statusCode}`;
    if (headers['Cache-Control'] !== 'no-store') return 'answered without its headers';
    if (/json/.test(String(headers['Content-Type'])) && body !== '') JSON.parse(body);
  }
  return fastest > LIMIT_MS ? `took ${Math.round(fastest)} ms` : undefined;
}
