// Modules of the AWS SDK that are replaced by files of lib/sdk/: code that our functions never reach, but that each client
// would load at every cold start. docs/decisions/0012-cold-start.md has the savings.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';
import { root } from '../folders.ts';
import { errorClassesOf } from './error-classes.ts';

const LEFT_OUT = 'left-out-parts.ts';

/** A module of the SDK, and the file of lib/sdk/ that is bundled in its place. */
const STAND_INS: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-node/dist-es/index.js': 'environment-credentials.ts',
  '@smithy/core/dist-es/submodules/config/node-config-provider/fromSharedConfigFiles.js': 'no-config-file.ts',
  '@smithy/core/dist-es/submodules/event-streams/index.js': 'no-event-streams.ts',
  '@smithy/signature-v4/dist-es/HeaderFormatter.js': LEFT_OUT,
  '@smithy/core/dist-es/submodules/config/config-resolver/regionConfig/getInstanceMetadataRegion.js':
    LEFT_OUT,
  '@smithy/core/dist-es/submodules/retry/util-retry/AdaptiveRetryStrategy.js': LEFT_OUT,
  '@smithy/core/dist-es/submodules/checksum/sha256/Sha256Node.js': 'sha256.ts',
  '@smithy/core/dist-es/submodules/serde/date-utils.js': LEFT_OUT,
  '@smithy/core/dist-es/submodules/serde/schema-serde-lib/schema-date-utils.js': LEFT_OUT,
  '@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js': 'partitions.built.ts',
  '@smithy/core/dist-es/submodules/endpoints/middleware-endpoint/service-customizations/index.js': LEFT_OUT,
  '@aws/lambda-invoke-store/dist-es/invoke-store.js': 'invoke-store.ts',
  '@aws-sdk/core/dist-es/submodules/client/middleware-logger/loggerMiddleware.js': 'no-middleware.ts',
  '@aws-sdk/core/dist-es/submodules/client/emitWarningIfUnsupportedVersion.js': 'no-node-warning.ts',
  '@aws-sdk/core/dist-es/submodules/client/middleware-user-agent/user-agent-middleware.js':
    'no-middleware.ts',
  '@aws-sdk/middleware-endpoint-discovery/dist-es/index.js': 'no-endpoint-discovery.ts',
  '@aws-sdk/client-dynamodb/dist-es/commands/DescribeEndpointsCommand.js': LEFT_OUT,
};

/** The first part of the hosts of each service that a function calls. */
const HOSTS: Readonly<Record<string, string>> = {
  'client-dynamodb': 'dynamodb',
  'client-eventbridge': 'events',
  'client-kms': 'kms',
  'client-ses': 'email',
};

/** What is replaced. An update of the SDK may move it, which a test notices. */
export const replacedModules: readonly string[] = Object.keys(STAND_INS);

export function sdkStandIns(): Plugin {
  return {
    name: 'sdk-stand-ins',
    setup({ onLoad }) {
      onLoad({ filter: /\/node_modules\/@(aws|aws-sdk|smithy)\/.*\.js$/ }, ({ path }) => {
        const standIn = STAND_INS[path.split('/node_modules/').at(-1) ?? ''];
        if (standIn === undefined) return undefined;
        return { contents: `export * from '${root}lib/sdk/${standIn}';`, resolveDir: dirname(path) };
      });
      onLoad(
        { filter: /\/node_modules\/@aws-sdk\/client-[\w-]+\/dist-es\/models\/errors\.js$/ },
        async ({ path }) => ({ contents: await errorClassesOf(path), resolveDir: dirname(path) }),
      );
      onLoad(
        { filter: /\/node_modules\/@aws-sdk\/client-[\w-]+\/dist-es\/runtimeExtensions\.js$/ },
        ({ path }) => ({
          contents: `export * from '${root}lib/sdk/no-extensions.ts';`,
          resolveDir: dirname(path),
        }),
      );
      // A client has rules of its own for its endpoints, and what reads them is larger than all that they say here.
      onLoad(
        { filter: /\/node_modules\/@aws-sdk\/client-[\w-]+\/dist-es\/endpoint\/endpointResolver\.js$/ },
        ({ path }) => {
          const host = HOSTS[path.split('/').at(-4) ?? ''];
          if (host === undefined) throw new Error(`tools/build/sdk-stand-ins.ts has no host for ${path}.`);
          return {
            contents: `import { endpointResolver } from '${root}lib/sdk/endpoint.ts';
export const defaultEndpointResolver = /* @__PURE__ */ endpointResolver('${host}');`,
            resolveDir: dirname(path),
          };
        },
      );
      // A client reads nothing of its manifest but the version, for the user agent.
      onLoad({ filter: /\/node_modules\/@aws-sdk\/client-[\w-]+\/package\.json$/ }, async ({ path }) => {
        const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
        return { contents: JSON.stringify({ version }), loader: 'json' };
      });
    },
  };
}
