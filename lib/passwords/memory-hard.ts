/**
 * How many computations that fill tens of megabytes may run in one process. Lambda gives a process one request at a time;
 * where one process answers many, memory stays bounded.
 */
const AT_ONCE = 2;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs a computation as soon as fewer than two others run. */
export async function inTurn<T>(compute: () => Promise<T>): Promise<T> {
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
