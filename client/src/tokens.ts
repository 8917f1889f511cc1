import { type Fields, hasTexts } from './post.ts';

/** What is stored. Times are of this machine's clock alone: the service's may differ by hours. */
export type Tokens = {
  /** A label of ours, the same for all tokens of a session, so that an end or an answer is never taken for another's. */
  id: string;
  accessToken: string;
  refreshToken: string;
  /** Milliseconds. */
  lifetime: number;
  /** When the request was sent that was answered with these tokens: never later than they were issued. */
  since: number;
};

export const hasTokens = (answer: Fields) =>
  hasTexts(answer, 'accessToken', 'refreshToken') && Number(answer.expiresIn) > 0;

/** The tokens of an answer that has them. */
export function tokensOf(
  { accessToken, refreshToken, expiresIn }: Fields,
  id: string,
  since: number,
): Tokens {
  return { id, accessToken, refreshToken, lifetime: Number(expiresIn) * 1000, since } as Tokens;
}

/** Whether an access token expires within `margin` milliseconds. */
export function isDue({ lifetime, since }: Tokens, margin: number): boolean {
  const age = Date.now() - since;
  // A negative age: the clock was set back, and nobody knows how old the token is.
  return age < -margin || age > lifetime - margin;
}
