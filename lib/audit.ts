import { AsyncLocalStorage } from 'node:async_hooks';
import { createHmac, type KeyObject } from 'node:crypto';
import type { User, UserStore } from './core/account.ts';
import type { MailRequest } from './core/mail-request.ts';
import type { PendingSignUp } from './core/pending-sign-up.ts';

/** Whom a request concerns: the client's network, and the address that was named or whose account was read. */
type Concerned = { network?: string; account?: string };

const current = new AsyncLocalStorage<Concerned>();

/** Answers a request, and remembers whom it concerns until the line about it is logged. */
export function audited<T>(answer: () => T): T {
  return current.run({}, answer);
}

/** Notes whom the request concerns; of several accounts the last. Addresses are normalised, whether or not anyone has them. */
export function concerns(whom: Concerned): void {
  Object.assign(current.getStore() ?? {}, whom);
}

/** The same users; whoever is looked for or read is whom the request concerns. */
export function auditedUsers(users: UserStore): UserStore {
  const noting = async (reading: Promise<User | undefined>) => {
    const user = await reading;
    if (user) concerns({ account: user.email });
    return user;
  };
  return {
    get: (userId) => noting(users.get(userId)),
    getEventually: (userId) => noting(users.getEventually(userId)),
    ownerOf(email) {
      concerns({ account: email });
      return users.ownerOf(email);
    },
  };
}

/** The same writes; whoever signs up is whom the request concerns. */
export function auditedSignUps<Rest extends unknown[], Result>(accounts: {
  create(user: User, ...rest: Rest): Result;
  createPending(pending: PendingSignUp, mail: MailRequest): Promise<void>;
}) {
  return {
    create(user: User, ...rest: Rest): Result {
      concerns({ account: user.email });
      return accounts.create(user, ...rest);
    },
    createPending(pending: PendingSignUp, mail: MailRequest): Promise<void> {
      concerns({ account: pending.email });
      return accounts.createPending(pending, mail);
    },
  };
}

/**
 * What the log says of whom the request concerns: names that stay the same, so that events can be grouped, and that
 * nobody can turn back or guess at without the key. Whoever has it computes the name of an address and looks for that.
 *
 * @param key of the stage, without which the log says nothing of persons. A KeyObject: Node makes one of bytes for every HMAC,
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
