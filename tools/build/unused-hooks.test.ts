import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { root } from '../folders.ts';
import { bundleForDeployment } from './bundle.ts';
import { exportedHooks } from './unused-hooks.ts';

const folder = `${mkdtempSync(`${tmpdir()}/gatehouse-hooks-`)}/`;
afterAll(() => rmSync(folder, { recursive: true }));

test('the hooks that ship are none, and no function holds what would run one', async () => {
  expect(await exportedHooks()).toEqual([]);
  const bundles = await bundleForDeployment(['login', 'signup', 'send-mail'], folder);
  for (const { file } of bundles) expect(readFileSync(file, 'utf8')).not.toContain('it took longer than');
});

test('every function that runs hooks is built anew when lib/hooks.ts is saved', async () => {
  const names = [
    ...['login', 'signup', 'refresh-tokens', 'second-factor', 'step-up', 'login-passkey', 'change-password'],
    ...['verify-email', 'totp', 'forget-password', 'pages', 'send-mail'],
  ];
  for (const { name, sources } of await bundleForDeployment(names, folder))
    expect(sources, name).toContain(`${root}lib/hooks.ts`);
});
