import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { endpointResolver } from './endpoint.ts';
import { resolveRuntimeExtensions } from './no-extensions.ts';

const HOSTS = { dynamodb: 'dynamodb', eventbridge: 'events', kms: 'kms', ses: 'email' };

const { resolve } = createRequire(import.meta.url);
const ofClient = (client: string, file: string) =>
  import(new URL(`dist-es/${file}`, pathToFileURL(resolve(`@aws-sdk/client-${client}/package.json`))).href);
const { partitionsInfo } = (await import(
  new URL(
    'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js',
    pathToFileURL(resolve('@aws-sdk/core/package.json')),
  ).href
)) as { partitionsInfo: { partitions: { regions: object }[] } };
const regions = partitionsInfo.partitions.flatMap((partition) => Object.keys(partition.regions));

describe.each(Object.entries(HOSTS))('the endpoint of %s', (client, host) => {
  const ours = endpointResolver(host);

  test.each([...regions.filter((region) => !region.endsWith('-global')), 'xx-nowhere-9'])(
    "in %s is the one that the SDK's rules give",
    async (Region) => {
      const { defaultEndpointResolver } = await ofClient(client, 'endpoint/endpointResolver.js');
      expect(ours({ Region }).url.href).toBe(defaultEndpointResolver({ Region }).url.href);
    },
  );

  test('is the configured one, if there is one', () => {
    const Endpoint = 'http://127.0.0.1:8000/';
    expect(ours({ Region: 'eu-central-1', Endpoint }).url.href).toBe(Endpoint);
  });

  test.each([{ UseFIPS: true }, { UseDualStack: true }, { AccountIdEndpointMode: 'required' }])(
    'of a kind that is left out is refused with what to do: %j',
    (kind) => {
      expect(() => ours({ Region: 'us-east-1', ...kind })).toThrow(/AWS_ENDPOINT_URL_/);
    },
  );
});

test.each(Object.keys(HOSTS))(
  'without extensions the SDK leaves a configuration of %s as it is',
  async (client) => {
    const configuration = () => ({
      region: 'eu-central-1',
      credentials: 1,
      httpHandler: 2,
      httpAuthSchemes: [],
    });
    const theirs = (await ofClient(client, 'runtimeExtensions.js')).resolveRuntimeExtensions(
      configuration(),
      [],
    );
    expect(theirs).toEqual(resolveRuntimeExtensions(configuration(), []));
    expect(() => resolveRuntimeExtensions({}, [{}])).toThrow(/extensions/);
  },
);
