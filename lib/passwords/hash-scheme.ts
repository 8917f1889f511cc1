/** A scheme by which this service hashes passwords. */
export type HashScheme = {
  /** @returns the hash in the form in which it is stored */
  hash(password: string): Promise<string>;
  /** A hash of the same cost for which no password is known, to check unknown accounts against. */
  readonly dummyHash: string;
  /** Whether a stored hash is of this scheme, and at least as expensive as those made today. */
  isCurrent(text: string): boolean;
  /** Whether the scheme reads every byte of the password. */
  canHash(password: string): boolean;
};
