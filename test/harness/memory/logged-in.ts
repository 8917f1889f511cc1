import type { LoggedIn } from '../../../lib/core/admit.ts';
import { logIn } from '../../../lib/core/log-in.ts';
import type { World } from './world.ts';

/** Logs Ada in, for a client that takes a refresh token, and forgets the calls that it took. */
export async function loggedIn({ deps, calls }: World): Promise<LoggedIn & { refreshToken: string }> {
  const fields = { email: 'ada@example.com', password: 'correct horse' };
  const { refreshToken, ...answer } = await logIn(deps, {
    fields,
    refreshes: true,
    client: '192.0.2.99',
    language: 'en',
  });
  if (refreshToken === undefined) throw new Error('the log-in gave no refresh token');
  calls.length = 0;
  return { ...answer, refreshToken };
}
