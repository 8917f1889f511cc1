import type { User } from '../core/account.ts';
import { type AskClaims, type Hooks, RESERVED_CLAIMS } from '../core/hooks.ts';
import { BadAnswer, isObject, LIMIT_MS, runHook } from './ask.ts';

/** The hook `claims`, with its time limit and the checks of what it returns. */
export function openClaims({ claims, onError }: Hooks): AskClaims | undefined {
  return (
    claims &&
    ((user, { sessionId, acr, amr }) =>
      runHook({
        name: 'claims',
        onError,
        limit: LIMIT_MS,
        call: (signal) =>
          claims({ user: shownUser(user), session: { sessionId, acr, amr: [...amr] } }, { signal }),
        read: readClaims,
      }))
  );
}

/** @param keys the returned names: a reserved name is refused even without a value */
function readClaims(answer: unknown, keys: readonly string[]): Record<string, never> {
  if (!isObject(answer)) throw new BadAnswer('it returned claims that are no object');
  const reserved = RESERVED_CLAIMS.find((name) => keys.includes(name) || Object.hasOwn(answer, name));
  if (reserved !== undefined) throw new BadAnswer(`it returned the claim ${reserved}, which is not its own`);
  return answer as Record<string, never>;
}

function shownUser({
  userId,
  name,
  email,
  emailVerified = false,
  roles = [],
}: Pick<User, 'userId' | 'name' | 'email' | 'emailVerified' | 'roles'>) {
  return { userId, name, email, emailVerified, roles: [...roles] };
}
