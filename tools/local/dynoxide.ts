// DynamoDB on this machine: Dynoxide, one binary on SQLite.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { typed } from '../folders.ts';
import type { OnEnd, Part } from './part.ts';
import { untilAnswers } from './wait-for-http.ts';

const guard = fileURLToPath(new URL('exit-with-parent.ts', import.meta.url));

export interface DynoxideOptions {
  readonly port: number;
  /** The database file; without one, data live in memory and end with the process. */
  readonly file?: string;
  readonly onEnd?: OnEnd;
}

/** Starts Dynoxide and waits until it answers. @throws Error when there is no binary, or it does not start */
export async function startDynoxide({ port, file, onEnd }: DynoxideOptions): Promise<Part> {
  if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
  const place = file === undefined ? [] : ['--db-path', file];
  const child = spawn(
    process.execPath,
    [guard, dynoxideBinary(), 'serve', '--port', String(port), ...place],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true, // Ctrl-C reaches only the starter, which stops its parts in order
    },
  );
  child.stdin.on('error', () => undefined); // the part ended first
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-1000);
  });

  const gone = new AbortController();
  let stopping = false;
  const ended = once(child, 'exit').then(() => {
    const reason = `DynamoDB (Dynoxide) ended: ${complaint.trim() || 'without a word'}`;
    gone.abort(new Error(reason));
    if (!stopping) onEnd?.(reason);
  });

  async function stop(): Promise<void> {
    stopping = true;
    child.stdin.end();
    await ended;
  }

  const url = `http://127.0.0.1:${port}`;
  try {
    await untilAnswers(url, 10, gone.signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

/** The binary for this platform. @throws Error that says what to do when there is none */
function dynoxideBinary(): string {
  const platform = `${process.platform}-${process.arch}`;
  const program = process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide';
  const fromPackage = packagedBinary(platform, program);
  if (fromPackage !== undefined) return fromPackage;
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(isProgram);
  if (onPath !== undefined) return onPath;
  throw new Error(
    `There is no Dynoxide package for ${platform}: put a \`${program}\` binary on the PATH (github.com/nubo-db/dynoxide), ` +
      `or start DynamoDB Local and give its address, as in DYNAMODB_ENDPOINT=http://localhost:8000 ${typed('start')}.`,
  );
}

function packagedBinary(platform: string, program: string): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`@dynoxide/${platform}/package.json`);
    const binary = join(dirname(manifest), program);
    return isProgram(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
