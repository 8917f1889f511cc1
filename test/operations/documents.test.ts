import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../tools/folders.ts';

const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const documents = tracked.filter((file) => file.endsWith('.md'));

/** Folders of this repository that a document may name; what is made, such as `.build/`, is left out. */
const OURS = /^(functions|lib|infrastructure|events|client|examples|docs|tools|bench|test)\//;

/** Links to files, relative to the document. */
function linksIn(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target.replace(/#.*$/, ''));
  return targets
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .map((target) => join(dirname(document), target));
}

/** Files that the text names in backticks, such as `lib/core/log-in.ts`, or a pattern such as `test/*.test.ts`. */
function filesNamedIn(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/`([\w./*{},-]+\.(?:ts|js|md|yml|json|sh|css))`/g)]
    .map(([, file = '']) => file)
    .filter((file) => OURS.test(file));
}

const matches = (pattern: string) => {
  const alternatives = pattern.replaceAll(
    /\{([^}]+)\}/g,
    (_, names: string) => `(${names.replaceAll(',', '|')})`,
  );
  const expression = new RegExp(`^${alternatives.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
  return tracked.some((file) => expression.test(file));
};

test.each(documents)('every link in %s leads to a file', (document) => {
  expect(linksIn(document).filter((target) => !existsSync(join(root, target)))).toEqual([]);
});

test.each(documents.filter((document) => document !== 'CHANGELOG.md'))(
  'every file that %s names exists',
  (document) => {
    expect(filesNamedIn(document).filter((file) => !matches(file))).toEqual([]);
  },
);
