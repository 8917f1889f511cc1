// On what something was measured.
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { root } from '../tools/folders.ts';

/** Processor, cores, memory and Node, in one line. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.version}`;
}

/** What was measured: the packages that matter, by name. */
export function versions(): Record<string, string> {
  const ours = ['@aws-sdk/client-dynamodb', 'bcryptjs', 'jose', '@middy/core', '@dynoxide/linux-x64'];
  const theirs = ['@openauthjs/openauth', 'better-auth'];
  return Object.fromEntries([
    ...ours.map((name) => [name, versionOf(`${root}node_modules/${name}`)]),
    ...theirs.map((name) => [name, versionOf(`${root}bench/peers/node_modules/${name}`)]),
  ]);
}

function versionOf(folder: string): string {
  try {
    return (JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { version: string }).version;
  } catch {
    return 'not installed';
  }
}
