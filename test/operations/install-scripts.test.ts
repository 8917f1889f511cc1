import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from '../../tools/folders.ts';

const folder = mkdtempSync(join(tmpdir(), 'install-scripts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** npm as a stranger runs it: nothing of the npm that runs this test. */
function npm(cwd: string, ...args: string[]): void {
  const { PATH, HOME } = process.env;
  execFileSync('npm', [...args, '--no-audit', '--no-fund'], { cwd, env: { PATH, HOME }, stdio: 'pipe' });
}

function project(name: string, manifest: object): string {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...manifest }));
  return cwd;
}

/** Whether a package's install scripts run in a project with these settings of npm. */
function ranIn(name: string, withOurSettings: boolean): boolean {
  const marker = join(folder, `${name}.ran`);
  const script = `node -e "require('fs').writeFileSync('${marker}', '')"`;
  const scripts = { preinstall: script, install: script, postinstall: script };
  const package_ = project(`${name}-package`, { scripts });
  npm(package_, 'pack', '--ignore-scripts');
  const cwd = project(name, {});
  if (withOurSettings) copyFileSync(`${root}.npmrc`, join(cwd, '.npmrc'));
  npm(cwd, 'install', '--offline', join(package_, `${name}-package-1.0.0.tgz`));
  return existsSync(marker);
}

test('npm runs no script of a package that it installs', { timeout: 60_000 }, () => {
  expect(ranIn('ours', true)).toBe(false);
});

test('the Node that runs everything needs no script', () => {
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(24);
  expect(existsSync(`${root}node_modules/.bin/node`)).toBe(true);
});
