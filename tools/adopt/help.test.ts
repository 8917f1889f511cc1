import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { root } from '../folders.ts';

// The commands of the repository are those of the package: in a project nobody can type `npm run`.

const { PATH, HOME, TMPDIR } = process.env;

const inProject = (...args: string[]) =>
  promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: { PATH, HOME, TMPDIR, GATEHOUSE_PROJECT: TMPDIR ?? '/tmp' },
  });

test.concurrent.each([
  ['users', 'tools/admin/users.ts'],
  ['keys', 'tools/admin/keys.ts'],
  ['events', 'tools/admin/events.ts'],
  ['events', 'tools/admin/events.ts', 'tail'],
  ['events', 'tools/admin/events.ts', 'replay'],
  ['mails', 'tools/admin/mails.ts'],
  ['cost', 'bench/cost/cost.ts'],
])('the help of %s says in a project what can be typed there', async (command, file, ...rest) => {
  const { stdout } = await inProject(file, ...rest, '--help');
  expect(stdout).toContain(`npx gatehouse ${command}`);
  expect(stdout).not.toMatch(/npm (run|start)/);
});

test.concurrent.each([
  'tools/admin/users.ts',
  'tools/admin/keys.ts',
  'tools/admin/events.ts',
  'tools/admin/mails.ts',
  'bench/cost/cost.ts',
])('%s answers an option that it does not have with one sentence', async (file) => {
  const refused = expect.objectContaining({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^[^\n]+ See npx gatehouse \w+ --help\.\n$/),
  });
  await expect(inProject(file, '--no-such-option')).rejects.toEqual(refused);
});
