// A stranger's folder, in which the packed tarball is installed, and the commands that are typed there.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { attempt, type Ran } from './attempt.ts';

export interface Project {
  readonly folder: string;
  /** `npx gatehouse <args>` as it is typed in the folder. */
  gatehouse(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Ran>;
  /** The same for a command that goes on: resolves when it has printed `ready`. */
  start(
    args: readonly string[],
    environment: NodeJS.ProcessEnv,
  ): Promise<{ stop(): Promise<void>; said(): string }>;
  write(file: string, text: string): void;
  remove(): void;
}

/** An environment without anything that npm, a test runner or the shell's AWS settings put there; Node as the machine has it. */
const plain = {
  PATH: (process.env.PATH ?? '')
    .split(':')
    .filter((folder) => !folder.includes('node_modules'))
    .join(':'),
  HOME: process.env.HOME,
  TMPDIR: process.env.TMPDIR,
};

/** @throws Error with npm's words when the tarball cannot be installed */
export async function openProject(tarball: string): Promise<Project> {
  const folder = mkdtempSync(`${tmpdir()}/gatehouse-adopts-`);
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball];
  await promisify(execFile)('npm', install, { cwd: folder, env: plain });

  return {
    folder,

    gatehouse: (args, environment = {}) =>
      attempt('npx', ['gatehouse', ...args], { cwd: folder, env: { ...plain, ...environment } }),

    async start(args, environment) {
      const child = spawn('npx', ['gatehouse', ...args], { cwd: folder, env: { ...plain, ...environment } });
      const gone = once(child, 'exit');
      let said = '';
      await new Promise<void>((resolve, reject) => {
        const listen = (chunk: Buffer) => {
          said += chunk;
          if (/^ready$/m.test(said)) resolve();
        };
        child.stdout.on('data', listen);
        child.stderr.on('data', listen);
        gone.then(() => reject(new Error(`it ended before it was ready: ${said}`)));
        setTimeout(() => reject(new Error(`it was not ready within a minute: ${said}`)), 60_000).unref();
      });
      return { stop: () => stop(child, gone), said: () => said };
    },

    write: (file, text) => writeFileSync(`${folder}/${file}`, text),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

async function stop(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  await gone;
}
