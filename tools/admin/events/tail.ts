// Follows the file in which the local stack keeps its events.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 50;

interface Line {
  readonly detail?: { readonly at?: string };
}

/**
 * Yields every event from now on, or first all stored ones; never returns. The file may not exist yet.
 *
 * @param began is called when every later event will be seen
 */
export async function tail(
  file: string,
  { fromStart, began, write }: { fromStart: boolean; began: () => void; write: (line: string) => void },
): Promise<never> {
  let position = fromStart ? 0 : read(file, 0).end;
  let rest = '';
  began();
  const since = fromStart ? '' : new Date().toISOString();
  for (;;) {
    const { text, end } = read(file, position);
    position = end;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (isFrom(line, since)) write(line);
    await pause(EVERY_MS);
  }
}

/** Skips events that happened before and are published only now, after an outage of the bus. */
function isFrom(line: string, since: string): boolean {
  try {
    return ((JSON.parse(line) as Line).detail?.at ?? '') >= since;
  } catch {
    return false; // half a line, of a stack that was killed
  }
}

/** The text that was added since; all of it if the file was started again. */
function read(file: string, from: number): { text: string; end: number } {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return { text: '', end: 0 };
  }
  try {
    const { size } = fstatSync(descriptor);
    const start = size < from ? 0 : from;
    const buffer = Buffer.alloc(size - start);
    const length = readSync(descriptor, buffer, 0, buffer.length, start);
    // Lines are written whole, so no character is cut in two.
    return { text: buffer.toString('utf8', 0, length), end: start + length };
  } finally {
    closeSync(descriptor);
  }
}
