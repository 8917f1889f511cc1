import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { root } from '../folders.ts';
import { freePort } from '../local/ports.ts';

/** `npm run keys` on the local stack. */
function keys(args: string[], environment: NodeJS.ProcessEnv = {}) {
  const { PATH, HOME, TMPDIR } = process.env;
  const DYNAMODB_PORT = new URL(inject('stack').dynamodbUrl).port;
  const env = { PATH, HOME, TMPDIR, DYNAMODB_PORT, AWS_EC2_METADATA_DISABLED: 'true', ...environment };
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, ['tools/admin/keys.ts', ...args], { cwd: root, env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

describe('the command', () => {
  test('prints the keys and nothing else', async () => {
    const { code, out, err } = await keys(['list']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual(expect.any(Array));
  });

  test.each([
    ['-Zk3vQ0bE_L6bWn9cY3Jt8mX1aRkU5oP7dSfGhI2wTe4'],
    ['-hk3vQ0bE_L6bWn9cY3Jt8mX1aRkU5oP7dSfGhI2wTe4'],
    ['--k3vQ0bE_L6bWn9cY3Jt8mX1aRkU5oP7dSfGhI2wTe4'],
    ['unknown'],
  ])('takes %s for the id of a key that it is not, with exit code 1', async (kid) => {
    expect(await keys(['withdraw', kid])).toEqual({
      code: 1,
      out: '',
      err: 'There is no key with this kid: `npm run keys -- list` shows them.\n',
    });
  });

  test('says what to do without a local stack, and without credentials for a deployed one', async () => {
    const port = String(await freePort());
    const nowhere = await keys(['list'], { DYNAMODB_PORT: port });
    expect(nowhere).toEqual({ code: 1, out: '', err: expect.stringMatching(/^.*run `npm start`.*\n$/) });
    const stranger = await keys(['list', '--stage', 'prod'], { HOME: mkdtempSync(join(tmpdir(), 'home-')) });
    expect(stranger).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^There are no usable AWS credentials: name a profile with --aws-profile.*\n$/,
      ),
    });
  });

  test.each([
    [[], 'Which command?'],
    [['frobnicate'], 'There is no such command.'],
    [['withdraw'], 'Which key? `withdraw` takes the kid that `list` shows.'],
    [['withdraw', 'one', '--stag', 'prod'], 'There is one argument too many.'],
    [['list', '--now'], 'This command has no option --now.'],
    [['list', '--region', 'eu-west-1'], '--region and --aws-profile are for a deployed stage'],
  ])('%j is refused in one sentence, which names the help', async (args, complaint) => {
    const { code, out, err } = await keys(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(complaint);
    expect(err).toMatch(/^.* See npm run keys -- --help\.\n$/);
  });

  test.each([[['--help']], [['list', '--help']], [['rotate', '--help']], [['withdraw', '--help']]])(
    '%j shows the help',
    async (args) => {
      expect(await keys(args)).toEqual({
        code: 0,
        out: expect.stringMatching(/^Usage: npm run keys -- /),
        err: '',
      });
    },
  );
});
