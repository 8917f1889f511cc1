type MaybePromise<T> = T | Promise<T>;

/** Where a session's tokens are kept: one string, which is a secret. */
export interface TokenStorage {
  /** Under which several clients share it, such as tabs. Without a name this client alone uses it. */
  readonly name?: string;
  get(): MaybePromise<string | null | undefined>;
  set(secret: string): MaybePromise<void>;
  remove(): MaybePromise<void>;
  /** Called by `close()` of the client. */
  close?(): void;
  /** Set by the client, for the storage to call when it can read what it could not read before. */
  onReadable?(): void;
}

/** Keeps tokens in a variable: the default in Node, in workers and where there is no Web Crypto. */
export function memoryStorage(): TokenStorage {
  let held: string | undefined;
  return {
    get: () => held,
    set: (secret) => {
      held = secret;
    },
    remove: () => {
      held = undefined;
    },
  };
}
