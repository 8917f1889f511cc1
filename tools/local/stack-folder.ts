// Which folder a running stack keeps its data in: `.local/`, unless another stack of this repository is using it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dataFolder } from '../folders.ts';

export interface StackFolder {
  readonly path: string;
  /** The last stack here was killed, and parts of it may be about to end. */
  readonly crashed: boolean;
  release(): void;
}

/** Takes `.local/`, or `.local/<DynamoDB's port>/` for a second stack that runs in parallel. */
export function takeStackFolder(dynamodbPort: number): StackFolder {
  const beside = `${dataFolder}${dynamodbPort}/`;
  if (existsSync(beside)) return take(beside) ?? take(`${dataFolder}${process.pid}/`, true);
  return take(dataFolder) ?? take(beside, true);
}

/** The folder of the running stack whose DynamoDB has this port, if it can be found out. */
export function stackFolderOf(dynamodbPort: number): string {
  const beside = `${dataFolder}${dynamodbPort}/`;
  return existsSync(beside) ? beside : dataFolder;
}

function take(path: string, force: true): StackFolder;
function take(path: string): StackFolder | undefined;
function take(path: string, force = false): StackFolder | undefined {
  const note = `${path}running`;
  mkdirSync(path, { recursive: true });
  const owner = ownerOf(note);
  if (owner !== undefined && isStack(owner) && !force) return undefined;
  writeFileSync(note, String(process.pid));
  return {
    path,
    crashed: owner !== undefined,
    release() {
      rmSync(note, { force: true });
      if (readdirSync(path).length === 0) rmdirSync(path); // it never came to anything
    },
  };
}

function ownerOf(note: string): number | undefined {
  try {
    return Number(readFileSync(note, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether a process of this number runs a stack; numbers are used again after a restart of the machine. */
function isStack(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return /start\.ts|adopt\/main\.ts/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return true; // no /proc here: it runs, and that has to do
  }
}
