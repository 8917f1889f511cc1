import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { expect, inject, test } from 'vitest';

// An address that no other test uses on the stack they share.
const address = `${randomUUID()}@example.com`;
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').replaceAll(
  'ada@example.com',
  address,
);

/** The blocks of commands in "One flow, with curl", each with the output that is shown beneath. */
function flow(): { commands: string; output: string }[] {
  const section = /## One flow, with curl\n(.*?)\n## /s.exec(readme)?.[1] ?? '';
  const blocks = section.matchAll(/```sh\n(.*?)```\n```(?:json|text)\n(.*?)```/gs);
  return [...blocks].map(([, commands = '', output = '']) => ({ commands, output }));
}

test('the flow of the README prints what the README shows', () => {
  const { apiUrl, inboxUrl } = inject('stack');
  const steps = flow();
  expect(steps.length).toBeGreaterThanOrEqual(7);

  const mark = '--- next step';
  const script = steps
    .map(({ commands }) => commands)
    .join(`\necho '${mark}'\n`)
    .replace('http://localhost:3000', apiUrl)
    .replace('http://localhost:8005', inboxUrl);
  const printed = execFileSync('bash', ['-euc', script], { encoding: 'utf8' }).split(`${mark}\n`);

  expect(printed).toHaveLength(steps.length);
  for (const [step, { output }] of steps.entries()) expect(printed[step]).toMatch(asPattern(output));
});

/** What is shown, literally, with anything in place of `…`. */
function asPattern(output: string): RegExp {
  return new RegExp(`^${output.split('…').map(RegExp.escape).join('[\\w.-]+')}$`);
}

test('the README has at most 120 lines', () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
});

test('there is one Ada with one password, in the README, in events and in the API document', () => {
  const texts = ['README.md', 'docs/openapi.yaml', ...globSync('events/**/*.json')].map(
    (file) => [file, readFileSync(file, 'utf8')] as const,
  );
  const written = /\b(?:password|confirm)(?:\\?":\s*\\?"|: |=)([\w+ ]{8,}?)(?=\\?"|\n|&|$)/g;
  const found = texts.flatMap(([file, text]) =>
    [...text.matchAll(written)].map(([, password = '']) => `${file}: ${password.replaceAll('+', ' ')}`),
  );
  expect(found.length).toBeGreaterThan(15);
  expect(found.filter((one) => !one.endsWith(': correct horse battery staple'))).toEqual([]);
});
