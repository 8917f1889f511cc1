// Lets a limited number through at a time; the others wait in the order in which they came.

export interface Turnstile {
  /** Resolves when it is one's turn. Everyone who entered must leave once. */
  enter(): Promise<void>;
  leave(): void;
}

/** A turnstile with room for `room` at a time. */
export function turnstile(room: number): Turnstile {
  const waiting: Array<() => void> = [];
  let free = room;
  return {
    async enter() {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
    },
    leave() {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    },
  };
}
