/**
 * How many computations that use tens of megabytes may run at once in one process. It matters only where one process
 * serves many requests: Lambda gives a process one at a time.
 */
const AT_ONCE = 2;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs a computation as soon as fewer than two others run. */
export async function limitConcurrency<T>(compute: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await compute();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
