import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as kms from '@aws-sdk/client-kms';
import * as ses from '@aws-sdk/client-ses';
import { build } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import { root } from '../folders.ts';
import { forLambda } from './built-modules.ts';
import { sdkStandIns } from './sdk-stand-ins.ts';

type ServiceError = Error & { $fault: string; $metadata: unknown };
type ErrorClass = { new (options: object): ServiceError; shapeId?: string };
type Module = Record<string, ErrorClass>;

const folder = mkdtempSync(`${tmpdir()}/gatehouse-errors-`);
afterAll(() => rmSync(folder, { recursive: true }));

/** The classes as bundles have them. */
async function bundled(name: string, base: string): Promise<Module> {
  const models = `./node_modules/@aws-sdk/${name}/dist-es/models`;
  const contents = `export * from '${models}/errors.js'; export * from '${models}/${base}.js';`;
  const outfile = `${folder}/${name}.mjs`;
  await build({
    ...forLambda,
    stdin: { contents, resolveDir: root },
    mainFields: ['module', 'main'],
    plugins: [sdkStandIns()],
    minify: true,
    write: true,
    outfile,
  });
  return (await import(pathToFileURL(outfile).href)) as Module;
}

describe.each([
  ['client-dynamodb', dynamodb, dynamodb.DynamoDBServiceException.name],
  ['client-kms', kms, kms.KMSServiceException.name],
  ['client-ses', ses, ses.SESServiceException.name],
] as const)("the errors of %s in a bundle are the SDK's:", async (name, original, base) => {
  const ours = await bundled(name, base);
  const theirs = original as unknown as Module;
  const names = Object.keys(theirs).filter(
    (key) => Object.getPrototypeOf(theirs[key]) === theirs[base], // a class that extends the base
  );

  test('there are any', () => expect(names.length).toBeGreaterThan(20));

  test.each(names)('%s', (key) => {
    const [Ours, Theirs] = [ours[key], theirs[key]] as [ErrorClass, ErrorClass];
    const given = { message: 'no', $metadata: { attempts: 2 } };
    const [error, expected] = [new Ours(given), new Theirs(given)];
    const look = ({ name, message, $fault, $metadata }: ServiceError) => [name, message, $fault, $metadata];
    expect([...look(error), Ours.shapeId]).toEqual([...look(expected), Theirs.shapeId]);
    const others = names.filter((other) => error instanceof (ours[other] as ErrorClass));
    expect(others).toEqual([key]);
    expect(error).toBeInstanceOf(ours[base]);
  });
});
