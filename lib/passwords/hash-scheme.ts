/** How this service hashes passwords itself. */
export type HashScheme = {
  /** In the form in which it is stored. */
  hash(password: string): Promise<string>;
  /** A hash that no password is known for, of the same cost. */
  readonly nobodys: string;
  /** Whether a stored hash is of this scheme, and at least as dear as those made today. */
  isCurrent(text: string): boolean;
  /** Whether the scheme reads the whole of a password. */
  canHash(password: string): boolean;
};
