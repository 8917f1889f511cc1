import { type Client, seam } from './client.ts';
import { noSession } from './gatehouse-error.ts';
import { type Fields, MESSAGE } from './post.ts';
import type { Tokens } from './tokens.ts';

/**
 * A function that asks the service with the access token, and gets without fields. An access token in the answer replaces
 * the one that the session has, and isn't returned.
 */
export function asker(client: Client, authFetch: Client['authFetch']) {
  const { call, store } = client[seam];

  /** Puts a new access token in place of the one that the session has, here and for every tab. */
  const renew = ({ accessToken, expiresIn }: Tokens, id: string, since: number) =>
    store.locked(async () => {
      const held = await store.read();
      if (held?.id !== id) throw noSession();
      await store.write({ accessToken, refreshToken: held.refreshToken, expiresIn, id, since });
    });

  return async function ask<Answer>(
    path: string,
    fields: Fields | undefined,
    needs: readonly string[] = MESSAGE,
    send = authFetch,
  ): Promise<Answer> {
    const { id } = await store.tokens();
    const since = Date.now();
    const answer = await call<Fields>(path, fields, needs, fields ? {} : { method: 'GET' }, send);
    if (answer.accessToken) await renew(answer as Tokens, id, since);
    return withoutTokens(answer) as Answer;
  };
}

/** The rest of an answer: what callers do not get they cannot log. */
export function withoutTokens<Answer extends Fields>(answer: Answer): Answer {
  const { accessToken, refreshToken, tokenType, expiresIn, ...rest } = answer;
  return rest as Answer;
}
