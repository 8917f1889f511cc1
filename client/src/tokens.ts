/** What the service answers with tokens. */
export type Answer = { accessToken: string; refreshToken: string /** Seconds. */; expiresIn: number };

export type Tokens = Answer & {
  /** A label of ours, the same for all tokens of a session, so that an end or an answer is never taken for another's. */
  id: string;
  /**
   * When the request was sent that was answered with these tokens: never later than they were issued. By this machine's
   * clock alone: the service's may differ by hours.
   */
  since: number;
};

/** The members of an answer that has tokens. */
export const TOKENS = ['accessToken', 'refreshToken', 'expiresIn'];

/** What is stored: nothing else that an answer may have, such as a name. */
export const STORED = [...TOKENS, 'id', 'since'];
