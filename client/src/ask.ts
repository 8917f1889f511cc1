import { type Client, hasMessage, seam } from './client.ts';
import { noSession } from './gatehouse-error.ts';
import { type Fields, post } from './post.ts';
import { tokensOf } from './tokens.ts';

/**
 * A function that asks the service with the access token, and gets without fields. An access token in the answer replaces
 * the one that the session has, and isn't returned.
 */
export function asker(client: Client, authFetch: Client['authFetch']) {
  const { store, tokens, urlOfPath } = client[seam];

  /** Puts a new access token in place of the one that the session has, here and for every tab. */
  const renew = (answer: Fields, id: string, since: number) =>
    store.locked(async () => {
      const held = await store.read();
      if (held?.id !== id) throw noSession();
      await store.write(tokensOf({ ...answer, refreshToken: held.refreshToken }, id, since));
    });

  return async function ask<Answer>(
    path: string,
    fields: Fields | undefined,
    fits: (answer: Fields) => unknown = hasMessage,
    send = authFetch,
  ): Promise<Answer> {
    const { id } = await tokens();
    const since = Date.now();
    const answer = await post(send, urlOfPath(path), fields, (members) => !!fits(members));
    if (answer.accessToken) await renew(answer, id, since);
    return withoutTokens(answer) as Answer;
  };
}

/** The rest of an answer: what callers do not get they cannot log. */
export function withoutTokens<Answer extends Fields>(answer: Answer): Answer {
  const { accessToken, refreshToken, tokenType, expiresIn, ...rest } = answer;
  return rest as Answer;
}
