import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { biggestOf, bundleSizes } from '../../bench/sizes.ts';
import { replacedModules } from '../../tools/build/sdk-stand-ins.ts';

/** Bytes of a minified bundle, and of the zip that it is uploaded in, with the files beside it. */
const BUDGET = { bundle: 300_000, zip: 120_000 };
/** Those with a budget of their own, and why. */
const LARGER: Readonly<Record<string, { bundle: number; zip: number }>> = {
  // The script of the reference page, compressed, and a few lines of code: nobody waits for it who logs in.
  docs: { bundle: 750_000, zip: 540_000 },
};

const folder = `${mkdtempSync(`${tmpdir()}/gatehouse-sizes-`)}/`;
const sizes = await bundleSizes(folder);
afterAll(() => rmSync(folder, { recursive: true }));

test.each(sizes)('$name is within its budget', (size) => {
  const what = `${size.name}, most of it ${biggestOf(size, 5)}`;
  const { bundle, zip } = LARGER[size.name] ?? BUDGET;
  expect(size.bundle, `the bundle of ${what}`).toBeLessThanOrEqual(bundle);
  expect(size.zip, `the zip of ${what}`).toBeLessThanOrEqual(zip);
});

test('what is left out of the AWS SDK is still there to be left out', () => {
  const { inputs } = JSON.parse(readFileSync(`${folder}meta.json`, 'utf8')) as { inputs: object };
  const met = Object.keys(inputs).map((input) => input.replace(/^.*node_modules\//, ''));
  expect(replacedModules.filter((module) => !met.includes(module))).toEqual([]);
});
