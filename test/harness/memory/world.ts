import type { AccessTokenSigner, AccessTokenVerifier, Claims } from '../../../lib/core/access-token.ts';
import type { PasswordHasher, User } from '../../../lib/core/account.ts';
import type { AskClaims } from '../../../lib/core/hooks.ts';
import type { PendingSignUp } from '../../../lib/core/pending-sign-up.ts';
import { ProblemError } from '../../../lib/core/problem.ts';
import type { Throttle } from '../../../lib/core/throttle.ts';
import { memoryActivity } from './activity.ts';
import { frozenClock } from './clock.ts';
import { memoryFactors, memorySealing } from './factors.ts';
import { memoryMailRequests } from './mail-requests.ts';
import { memoryOwnAccounts } from './own-account.ts';
import { recording } from './recording.ts';
import { memorySessions } from './sessions.ts';
import { memoryThrottleStore } from './throttle-store.ts';
import { ADA, memoryAccountWrites, memoryRenewals, memoryUsers } from './users.ts';
import { memoryVerification } from './verification.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Everything that the use-cases need, in memory and at noon, with Ada as the one user unless others are named. */
export function world(...people: User[]) {
  const calls: string[] = [];
  const clock = frozenClock();
  const users = memoryUsers(...(people.length > 0 ? people : [ADA]));
  const sessions = memorySessions();
  const mailRequests = memoryMailRequests();
  const throttleStore = memoryThrottleStore();
  const issued = new Map<string, Claims>();
  const hook: { claims?: AskClaims } = {};

  const hasher: PasswordHasher = {
    hash: async (password) => `hash of ${password}`,
    // Like bcrypt, it knows no password beyond 72 bytes.
    verify: async (password, hash) =>
      Buffer.byteLength(password) <= 72 &&
      (hash === `hash of ${password}` || hash === `old hash of ${password}`),
    isOutdated: (hash) => hash.startsWith('old '),
    startTimer: () => async () => {
      calls.push('evened out');
    },
    canHash: (password) => Buffer.byteLength(password) <= 72,
  };
  const signer: AccessTokenSigner = {
    async ready() {
      return {
        hasClaimsHook: hook.claims !== undefined,
        async prepare(user, { sessionId, acr, amr }) {
          const { userId, name, email } = user;
          const own = await hook.claims?.(user, { sessionId, acr, amr });
          return async (authTime, now) => {
            calls.push('sign');
            const said = { userId, name, email, sessionId, authTime, acr, amr, now };
            const token = JSON.stringify({ ...own, ...said });
            issued.set(token, { userId, sessionId, authTime, acr, amr });
            return { token, expiresIn: 3_600 };
          };
        },
      };
    },
  };
  const verifier: AccessTokenVerifier = {
    async verify(token) {
      const key = issued.get(token);
      if (key === undefined) throw new ProblemError({ code: 'invalid-access-token' }, 'not one of the test');
      return key;
    },
  };
  const throttle: Throttle = {
    store: recording('throttle', throttleStore, calls),
    limits: { logins: 1_000, signUps: 2, forgets: 2, refreshes: 3, verifications: 2 },
    clock,
    pause: async (ms) => clock.pass(ms),
  };
  const tables = { users, sessions, mailRequests, pendings: new Map<string, PendingSignUp>() };
  const ownAccounts = memoryOwnAccounts(tables);
  const accounts = { ...memoryAccountWrites({ ...tables, throttleStore }), ...ownAccounts };
  const renewals = memoryRenewals(users);
  const factors = memoryFactors({ users, sessions, throttleStore });
  const { accounts: addresses, ...verification } = memoryVerification(tables);

  return {
    /** The calls that the use-case made, in order. */
    calls,
    clock,
    /** The hook `claims`, where a test sets one. */
    hook,
    users,
    sessions,
    mailRequests,
    throttleStore,
    factors,
    /** The renewals of hashes that failed: whose, and why. */
    failedRenewals: renewals.failures,
    tombstones: ownAccounts.tombstones,
    deps: {
      users: recording('users', users, calls),
      sessions: recording('sessions', sessions, calls),
      mailRequests: recording('mailRequests', mailRequests, calls),
      accounts: recording('accounts', { ...accounts, ...addresses }, calls),
      ...verification,
      factors: recording('factors', factors, calls),
      activity: memoryActivity(sessions),
      challenges: recording('challenges', factors.challenges, calls),
      sealing: memorySealing,
      brand: { name: 'Gatehouse' },
      hasher: recording('hasher', hasher, calls),
      renewals: recording('renewals', renewals, calls),
      signer: recording('signer', signer, calls),
      verifier: recording('verifier', verifier, calls),
      throttle,
      tombstones: { key: async () => new Uint8Array(32) },
      migration: undefined,
      migrates: false,
      clock,
      lifetimes: { accessToken: 60 * MINUTE, idle: 7 * DAY, absolute: 30 * DAY },
      grace: 10_000,
      tagLifetime: 30 * MINUTE,
      unverifiedMails: { limit: 50, pauses: true },
      passwordPolicy: { minimum: 8 },
      passwordMinimum: 8,
    },
  };
}

export type World = ReturnType<typeof world>;
