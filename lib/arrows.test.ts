import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../tools/folders.ts';

// Which folder may import which: arrows point one way, so that a folder can be read without those that use it.

const BELOW: Record<string, readonly string[]> = {
  core: [],
  messages: ['core'],
  pages: ['core', 'messages'],
  passwords: ['core'],
  tokens: ['core'],
  webauthn: ['core'],
  dynamodb: ['core', 'tokens'],
  mail: ['core', 'messages'],
  events: ['core', 'dynamodb', 'mail'],
  http: ['core'],
  dialects: ['core', 'http', 'messages', 'pages'],
  'run-hooks': ['core'],
  legacy: ['core'],
  openapi: ['core', 'http', 'dialects', 'pages'],
};

type Arrow = { from: string; to: string };

const sources = globSync('{lib,functions}/**/*.ts', { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts'),
);
const arrows: Arrow[] = sources.flatMap((from) =>
  Array.from(
    readFileSync(root + from, 'utf8').matchAll(/\bfrom '(\.[^']+)'|\bimport '(\.[^']+)'/g),
    (found) => ({
      from,
      to: normalize(join(dirname(from), found[1] ?? found[2] ?? '')),
    }),
  ),
);

/** `core` of `lib/core/log-in.ts`; nothing of `lib/config.ts` and the like, which belong to no folder. */
const folderOf = (file: string) => /^lib\/([^/]+)\//.exec(file)?.[1];

test('no folder of lib imports one that is not below it', () => {
  const wrong = arrows.filter(({ from, to }) => {
    const [folder, other] = [folderOf(from), folderOf(to)];
    if (folder === undefined || other === undefined || folder === other || folder === 'sdk') return false;
    return !BELOW[folder]?.includes(other);
  });
  expect(wrong).toEqual([]);
});

test('lib imports no function, and only the function of the documentation imports lib/openapi', () => {
  expect(arrows.filter(({ from, to }) => from.startsWith('lib/') && !to.startsWith('lib/'))).toEqual([]);
  const readers = arrows.filter(({ from, to }) => folderOf(to) === 'openapi' && folderOf(from) !== 'openapi');
  expect(readers.map(({ from }) => from)).toEqual(['functions/docs.ts']);
});

test('only the OpenAPI document imports every dialect at once', () => {
  const readers = arrows.filter(({ to }) => to === 'lib/dialects/all.ts');
  expect(readers.map(({ from }) => from)).toEqual(['lib/openapi/document.ts']);
});

test('no files import one another in a circle', () => {
  const below = Map.groupBy(arrows, ({ from }) => from);
  const circles: string[] = [];
  const done = new Set<string>();
  function visit(file: string, path: readonly string[]): void {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    else if (!done.has(file)) for (const { to } of below.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  }
  for (const file of sources) visit(file, []);
  expect(circles).toEqual([]);
});
