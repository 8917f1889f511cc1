// The templates that the framework makes for the stage that stands for every stage: with everything on, and without one
// thing at a time.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { zipSync } from 'fflate';
import { filesOfService, serverlessProgram } from '../../deploy/service.ts';
import { buildFolder, root } from '../../folders.ts';
import { writeFile } from '../../write-file.ts';
import type { Template } from '../template/types.ts';
import { STAGE } from './settings-of-deployment.ts';

/** What the framework reads. */
const LINKED = ['infrastructure', 'lib', 'node_modules', 'tools'];
const COPIED = ['package.json', 'serverless.yml'];

/** As many as this machine's cores are worth. */
const IN_PARALLEL = 3;

/** The template for only these variables, cached until one of its sources changes. @throws Error with the framework's words */
export async function frameworkTemplate(variables: Readonly<Record<string, string>>): Promise<Template> {
  const hash = createHash('sha256').update(JSON.stringify(variables));
  for (const file of filesOfService()) hash.update(readFileSync(root + file));
  const name = hash.digest('hex').slice(0, 16);
  const kept = `${buildFolder}templates/${name}.json`;
  try {
    return JSON.parse(readFileSync(kept, 'utf8')) as Template;
  } catch {
    // not made yet
  }
  const folder = `${buildFolder}templates/${name}/`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const code = `${folder}any-code.zip`;
  writeFileSync(code, zipSync({ 'package.json': Buffer.from('{}') }));
  const { PATH, HOME, TMPDIR } = process.env;
  // A folder of its own: the framework makes everything in .serverless/ first, whatever else it is making.
  for (const part of LINKED) symlinkSync(root + part, folder + part);
  for (const part of COPIED) cpSync(root + part, folder + part);
  const args = [serverlessProgram(), 'package', '--stage', STAGE];
  try {
    await promisify(execFile)(process.execPath, args, {
      cwd: folder,
      env: { PATH, HOME, TMPDIR, GATEHOUSE_CODE: code, ...variables },
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`The framework makes no template:\n${stdout}${stderr}`);
  }
  const made = readFileSync(`${folder}.serverless/cloudformation-template-update-stack.json`, 'utf8');
  rmSync(folder, { recursive: true });
  writeFile(kept, made);
  return JSON.parse(made) as Template;
}

/** One template for each of several sets of variables. */
export async function frameworkTemplates(
  sets: readonly Readonly<Record<string, string>>[],
): Promise<Template[]> {
  const templates: Template[] = [];
  const waiting = [...sets.entries()];
  await Promise.all(
    Array.from({ length: IN_PARALLEL }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        templates[next[0]] = await frameworkTemplate(next[1]);
    }),
  );
  return templates;
}
