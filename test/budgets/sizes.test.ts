import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { biggestOf, bundleSizes } from '../../bench/sizes.ts';
import { replacedModules } from '../../tools/build/sdk-stand-ins.ts';

/** Octets of a minified bundle, and of the zip that it is uploaded in. */
const BUNDLE = 300_000;
const ZIP = 120_000;
/** Of functions that judge a password, by the hash of whatever system it is, and sign a token. */
const PROVING = { bundle: 320_000, zip: 125_000 };
const PROVES = ['login', 'change-password', 'verify-email', 'pages'];
/** Of the one that judges every kind of proof: passwords, codes and passkeys. */
const PROVING_ALL = { bundle: 330_000, zip: 130_000 };
/** Of the one that talks to SES, DynamoDB and KMS: nobody waits for it who logs in. */
const SENDING = { bundle: 340_000, zip: 130_000 };
/** The script of the reference page, compressed, and a few lines of code: nobody waits for it who logs in. */
const REFERENCE = { bundle: 900_000, zip: 620_000 };

function budgetOf(name: string): { bundle: number; zip: number } {
  if (name === 'docs') return REFERENCE;
  if (name === 'step-up') return PROVING_ALL;
  if (name === 'send-mail') return SENDING;
  return PROVES.includes(name) ? PROVING : { bundle: BUNDLE, zip: ZIP };
}

const folder = `${mkdtempSync(`${tmpdir()}/gatehouse-sizes-`)}/`;
const sizes = await bundleSizes(folder);
afterAll(() => rmSync(folder, { recursive: true }));

test.each(sizes)('$name is within its budget', (size) => {
  const what = `${size.name}, most of it ${biggestOf(size, 5)}`;
  const { bundle, zip } = budgetOf(size.name);
  expect(size.bundle, `the bundle of ${what}`).toBeLessThanOrEqual(bundle);
  expect(size.zip, `the zip of ${what}`).toBeLessThanOrEqual(zip);
});

test('what is left out of the AWS SDK is still there to be left out', () => {
  const { inputs } = JSON.parse(readFileSync(`${folder}meta.json`, 'utf8')) as { inputs: object };
  const met = Object.keys(inputs).map((input) => input.replace(/^.*node_modules\//, ''));
  expect(replacedModules.filter((module) => !met.includes(module))).toEqual([]);
});
