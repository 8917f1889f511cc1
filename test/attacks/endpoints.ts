import { createSecretKey } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { accountOverview } from '../../lib/core/account-overview.ts';
import { listActivity } from '../../lib/core/activity.ts';
import { changeEmail } from '../../lib/core/change-email.ts';
import { confirmTotp, removeTotp, renewRecoveryCodes, setUpTotp } from '../../lib/core/change-factors.ts';
import { changePassword } from '../../lib/core/change-password.ts';
import { changeProfile } from '../../lib/core/change-profile.ts';
import { deleteOwnAccount } from '../../lib/core/delete-own-account.ts';
import { endSessionsOf } from '../../lib/core/end-sessions.ts';
import { exportAccount } from '../../lib/core/export-account.ts';
import { forgetPassword } from '../../lib/core/forget-password.ts';
import { listSessions } from '../../lib/core/list-sessions.ts';
import { logIn } from '../../lib/core/log-in.ts';
import { logInByPasskey, offerPasskeyLogIn } from '../../lib/core/log-in-by-passkey.ts';
import { logOut } from '../../lib/core/log-out.ts';
import { removePasskey, renamePasskey } from '../../lib/core/manage-passkeys.ts';
import { proveAgain } from '../../lib/core/prove-again.ts';
import { refreshSession } from '../../lib/core/refresh-session.ts';
import { offerRegistration, registerPasskey } from '../../lib/core/register-passkey.ts';
import { inspectTag, resetPassword } from '../../lib/core/reset-password.ts';
import { takeSecondStep } from '../../lib/core/second-step.ts';
import { sendVerification } from '../../lib/core/send-verification.ts';
import { signUp } from '../../lib/core/sign-up.ts';
import { undo } from '../../lib/core/undo.ts';
import { verifyEmail, verifyOnPage } from '../../lib/core/verify-email.ts';
import { welcome } from '../../lib/core/welcome.ts';
import * as accounts from '../../lib/dialects/accounts.ts';
import * as apiUser from '../../lib/dialects/api-user.ts';
import * as auth from '../../lib/dialects/auth.ts';
import { pages } from '../../lib/dialects/pages.ts';
import { type Endpoint, endpoint, on } from '../../lib/http/endpoint.ts';
import { routeKeyOf } from '../../lib/http/operation.ts';
import { passkeyChallenges } from '../../lib/tokens/passkey-challenges.ts';
import { relyingParty } from '../../lib/webauthn/relying-party.ts';
import { memoryPasskeys } from '../harness/memory/passkeys.ts';
import { world } from '../harness/memory/world.ts';

const MANY = 1_000_000_000;

/**
 * Every endpoint by its route, from the event to the answer, over stores in memory and a hasher that takes no time: what
 * is left is what happens before the hash, and after it.
 */
export function endpoints(): Map<string, Endpoint> {
  const memory = world();
  const { deps: inMemory } = memory;
  const limits = { logins: MANY, signUps: MANY, forgets: MANY, refreshes: MANY, verifications: MANY };
  const deps = { ...inMemory, throttle: { ...inMemory.throttle, limits } };
  const stage = { derived: async () => createSecretKey(Buffer.alloc(32)) };
  const passkeyParts = {
    ...deps,
    passkeys: memoryPasskeys({ users: memory.users, sessions: memory.sessions }),
    challenges: passkeyChallenges(stage),
    party: relyingParty('app.example.com', () => true),
  };
  const rp = { id: 'app.example.com', name: 'Gatehouse' };
  const brand = { name: 'Gatehouse', color: '#1d4ed8', logoUrl: undefined };
  const appUrl = 'https://app.example.com';
  const pageRoutes = pages({
    ...deps,
    brand,
    appUrl,
    loginUrl: undefined,
  });
  const { resetForm, reset, forgetForm, forget, account } = pageRoutes;

  const routes = [
    on(accounts.logIn, (request) => logIn(deps, request)),
    on(apiUser.logIn, (request) => logIn(deps, request)),
    on(auth.logIn, (request) => logIn(deps, request)),
    on(apiUser.signUp, (request) => signUp(deps, request)),
    on(auth.signUp, (request) => signUp(deps, request)),
    on(auth.welcome, (request) => welcome(deps, request)),
    on(auth.account, (request) => accountOverview(deps, request)),
    on(auth.changeProfile, (request) => changeProfile(deps, request)),
    on(auth.sessions, (request) => listSessions(deps, request)),
    on(auth.endSessions, (request) => endSessionsOf(deps, request)),
    on(auth.activity, (request) => listActivity(deps, request)),
    on(auth.exportAccount, (request) => exportAccount(deps, request)),
    on(auth.deleteAccount, (request) => deleteOwnAccount(deps, request)),
    on(auth.stepUp, (request) => proveAgain(passkeyParts, request)),
    on(auth.passkeyOptions, async (bearer) => ({ rp, ...(await offerRegistration(passkeyParts, bearer)) })),
    on(auth.registerPasskey, (request) => registerPasskey(passkeyParts, request)),
    on(auth.renamePasskey, (request) => renamePasskey(passkeyParts, request)),
    on(auth.removePasskey, (request) => removePasskey(passkeyParts, request)),
    on(auth.passkeyLogInOptions, async () => ({ rp, challenge: await offerPasskeyLogIn(passkeyParts) })),
    on(auth.logInByPasskey, (request) => logInByPasskey(passkeyParts, request)),
    on(auth.secondStep, (request) => takeSecondStep(deps, request)),
    on(auth.setUpTotp, (request) => setUpTotp({ ...deps, brand }, request)),
    on(auth.confirmTotp, (request) => confirmTotp({ ...deps, brand }, request)),
    on(auth.removeTotp, (request) => removeTotp({ ...deps, brand }, request)),
    on(auth.renewRecoveryCodes, (request) => renewRecoveryCodes({ ...deps, brand }, request)),
    on(auth.changePassword, (request) => changePassword(deps, request)),
    on(auth.verifyEmail, (request) => verifyEmail(deps, request)),
    on(auth.sendVerification, (request) => sendVerification(deps, request)),
    on(auth.changeEmail, (request) => changeEmail(deps, request)),
    on(auth.undo, (request) => undo(deps, request)),
    on(auth.refreshTokens, (request) => refreshSession(deps, request)),
    on(accounts.logOut, (request) => logOut(deps, request)),
    on(auth.logOut, (request) => logOut(deps, request)),
    on(accounts.forgetPassword, (request) => forgetPassword(deps, request)),
    on(auth.forgetPassword, (request) => forgetPassword(deps, request)),
    on(accounts.resetPassword, (request) => resetPassword(deps, request)),
    on(auth.resetPassword, (request) => resetPassword(deps, request)),
    on(resetForm, async ({ tag = '', done }) =>
      done ? undefined : { tag, ...(await inspectTag(deps, tag)) },
    ),
    on(reset, (request) => resetPassword(deps, request)),
    on(pageRoutes.verifyForm, async (opened) => opened),
    on(pageRoutes.verify, (request) => verifyOnPage(deps, request)),
    on(pageRoutes.undoForm, async (opened) => opened),
    on(pageRoutes.undo, (request) => undo(deps, request)),
    on(forgetForm, async () => undefined),
    on(account, async () => undefined),
    on(forget, (request) => forgetPassword(deps, request)),
  ];
  const settings = { corsOrigins: [appUrl], appUrl };
  return new Map(routes.map((route) => [routeKeyOf(route.operation), endpoint(settings, route)]));
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
