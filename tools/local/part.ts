// A local part that runs until it is stopped.

/** Something that answers at `url` until it is stopped. Stopping twice is harmless. */
export interface Part {
  readonly url: string;
  stop(): Promise<void>;
}

/** Called once, with the reason, when a part ends by itself. */
export type OnEnd = (reason: string) => void;
