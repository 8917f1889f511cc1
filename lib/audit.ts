import { AsyncLocalStorage } from 'node:async_hooks';
import { createHmac, type KeyObject } from 'node:crypto';
import type { User, UserStore } from './core/account.ts';
import type { MailRequest } from './core/mail-request.ts';
import type { PendingSignUp } from './core/pending-sign-up.ts';

/** Whom a request concerns: the client's network, and the address that was named or whose account was read. */
type Concerned = { network?: string; account?: string };

const current = new AsyncLocalStorage<Concerned>();

/** Runs a request with a record of whom it concerns, which its log line reads. */
export function withAudit<T>(answer: () => T): T {
  return current.run({}, answer);
}

/** Records whom the request concerns; the last of several accounts. Addresses are normalised, whether or not anyone has them. */
export function recordConcerned(whom: Concerned): void {
  Object.assign(current.getStore() ?? {}, whom);
}

/** The same store, which records the account that is looked up or read. */
export function auditedUsers(users: UserStore): UserStore {
  const noting = async (reading: Promise<User | undefined>) => {
    const user = await reading;
    if (user) recordConcerned({ account: user.email });
    return user;
  };
  return {
    get: (userId) => noting(users.get(userId)),
    getEventually: (userId) => noting(users.getEventually(userId)),
    ownerOf(email) {
      recordConcerned({ account: email });
      return users.ownerOf(email);
    },
  };
}

/** The same writes, which record the account that signs up. */
export function auditedSignUps<Rest extends unknown[], Result>(accounts: {
  create(user: User, ...rest: Rest): Result;
  createPending(pending: PendingSignUp, mail: MailRequest): Promise<void>;
}) {
  return {
    create(user: User, ...rest: Rest): Result {
      recordConcerned({ account: user.email });
      return accounts.create(user, ...rest);
    },
    createPending(pending: PendingSignUp, mail: MailRequest): Promise<void> {
      recordConcerned({ account: pending.email });
      return accounts.createPending(pending, mail);
    },
  };
}

/**
 * The pseudonyms of whom the request concerns, for the log. The same person always has the same one, so that events can be
 * grouped; nobody can reverse or guess them without the key. An operator with the key computes an address's pseudonym and
 * searches for it.
 *
 * @param key without one the log says nothing about persons. A KeyObject: from bytes Node would make one for every HMAC,
 * which takes ten times as long as the HMAC
 * @returns 128 bits of HMAC-SHA-256 each, in hexadecimal; a word before the value keeps the kinds apart
 */
export function pseudonyms(key: KeyObject | undefined): Concerned {
  if (key === undefined) return {};
  return Object.fromEntries(
    Object.entries(current.getStore() ?? {}).map(([kind, value]) => [
      kind,
      createHmac('sha256', key).update(`${kind} ${value}`).digest('hex').slice(0, 32),
    ]),
  );
}
