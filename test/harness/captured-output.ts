import { vi } from 'vitest';

/** Everything that is written to standard output and error, and through the console, until it is restored. */
export function captureOutput() {
  const chunks: string[] = [];
  const write = (chunk: unknown, ...rest: unknown[]) => {
    chunks.push(chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : String(chunk));
    const done = rest.find((argument) => typeof argument === 'function') as (() => void) | undefined;
    done?.();
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(write as never),
    vi.spyOn(process.stderr, 'write').mockImplementation(write as never),
    ...(['debug', 'error', 'info', 'log', 'trace', 'warn'] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation((...words) => {
        chunks.push(`${words.map(String).join(' ')}\n`);
      }),
    ),
  ];
  return {
    /** What was written so far, line by line, and starts over. */
    lines(): string[] {
      const text = chunks.splice(0).join('');
      return text.split('\n').filter((line) => line !== '');
    },
    restore() {
      for (const spy of spies) spy.mockRestore();
    },
  };
}
