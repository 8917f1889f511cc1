import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { deflateRawSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { type Bundle, bundleForDeployment } from '../../local/bundle.ts';
import { root } from '../../local/folders.ts';
import { replacedModules } from '../../local/lean-sdk.ts';

/** Octets of a minified bundle, and of the zip that it is uploaded in. */
const BUNDLE = 260_000;
const ZIP = 150_000;
/** What a zip has besides the deflated bundle: names, sums and a package.json of 18 octets. */
const ZIP_FRAME = 304;

const names = readdirSync(`${root}functions`).map((file) => file.replace('.ts', ''));
const folder = `${mkdtempSync(`${tmpdir()}/gatehouse-sizes-`)}/`;
const bundles = await bundleForDeployment(names, folder);
afterAll(() => rmSync(folder, { recursive: true }));

test.each(bundles.map((bundle) => [bundle.name, bundle] as const))('%s is within its budget', (_, bundle) => {
  expect(bundle.bytes, `bundle of ${described(bundle)}`).toBeLessThanOrEqual(BUNDLE);
  const zipped = deflateRawSync(readFileSync(bundle.file)).length + ZIP_FRAME;
  expect(zipped, `zip of ${described(bundle)}`).toBeLessThanOrEqual(ZIP);
});

test('what is left out of the AWS SDK is still there to be left out', () => {
  const { inputs } = JSON.parse(readFileSync(`${folder}meta.json`, 'utf8')) as { inputs: object };
  const met = Object.keys(inputs).map((input) => input.replace(/^.*node_modules\//, ''));
  expect(met).toEqual(expect.arrayContaining([...replacedModules]));
});

test('of the errors of a service a bundle has those that our code names and those that the SDK tries again', () => {
  const login = readFileSync(`${folder}functions/login.js`, 'utf8');
  expect([...new Set(login.match(/com\.amazonaws\.\w+#\w+(?<!Service)Exception/g))].sort()).toEqual([
    'com.amazonaws.dynamodb#ConditionalCheckFailedException',
    'com.amazonaws.dynamodb#ReplicatedWriteConflictException',
    'com.amazonaws.dynamodb#TransactionCanceledException',
  ]);
});

function described({ name, packages }: Bundle): string {
  const biggest = Object.entries(packages)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([of, octets]) => `${of} ${octets}`);
  return `${name}, most of it ${biggest.join(', ')}`;
}
