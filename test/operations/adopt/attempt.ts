import { type ExecFileOptions, execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Ran {
  readonly code: number;
  /** Standard output and standard error. */
  readonly said: string;
}

/** Runs a program to its end. One that fails, or isn't there, is no exception: its code isn't 0. */
export async function attempt(
  program: string,
  args: readonly string[],
  options: Pick<ExecFileOptions, 'cwd' | 'env'> = {},
): Promise<Ran> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { ...options, maxBuffer: 2 ** 26 });
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    // Of a program that isn't there, `code` is a text: ENOENT.
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : 1, said: stdout + stderr };
  }
}
