// Leaves parts of the AWS SDK out of the bundles that no function of ours reaches, but that every client would load at
// each cold start. docs/decisions/0012-cold-start.md has what each is worth.
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { root } from '../folders.ts';

/** Modules of which every export becomes a `leftOut`, which fails when it is reached. */
const LEFT_OUT = new Set([
  // No operation of ours streams events. Loaded by `import()`, which also keeps esbuild from shaking what it imports.
  '@smithy/core/dist-es/submodules/event-streams/index.js',
  // The region of a host on EC2; a function has AWS_REGION.
  '@smithy/core/dist-es/submodules/config/config-resolver/regionConfig/getInstanceMetadataRegion.js',
  // For AWS_RETRY_MODE=adaptive.
  '@smithy/core/dist-es/submodules/retry/util-retry/AdaptiveRetryStrategy.js',
  // For a Node without crypto.
  '@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js',
  // Signatures of event streams.
  '@smithy/signature-v4/dist-es/HeaderFormatter.js',
  // The discovery of endpoints, which each DynamoDB client is made for and none of its commands does any more.
  '@aws-sdk/endpoint-cache/dist-es/EndpointCache.js',
  '@aws-sdk/client-dynamodb/dist-es/commands/DescribeEndpointsCommand.js',
]);

/** Modules that one of ours stands in for. */
const STAND_INS: Record<string, string> = {
  '@aws-sdk/credential-provider-node/dist-es/index.js': 'environment-credentials.ts',
  '@smithy/core/dist-es/submodules/config/node-config-provider/fromSharedConfigFiles.js': 'no-config-file.ts',
};

const SCHEMAS = /^@aws-sdk\/client-[\w-]+\/dist-es\/schemas\/schemas_0\.js$/;
const MANIFEST = /^@aws-sdk\/client-[\w-]+\/package\.json$/;

/** What is replaced. An update of the SDK may move it, which a test notices. */
export const replacedModules: readonly string[] = [...LEFT_OUT, ...Object.keys(STAND_INS)];

/** Replaces and shortens modules of the AWS SDK as they are read. */
export function leanSdk(): Plugin {
  return {
    name: 'lean-sdk',
    setup(build) {
      const ours = ownWords();
      build.onLoad({ filter: /\/node_modules\/@(aws-sdk|smithy)\/.*\.js(on)?$/ }, async ({ path }) => {
        const module = path.slice(path.lastIndexOf('/node_modules/') + '/node_modules/'.length);
        const contents = await replacementOf(module, path, await ours);
        if (contents === undefined) return undefined;
        return { contents, loader: 'js', resolveDir: path.slice(0, path.lastIndexOf('/')) };
      });
    },
  };
}

async function replacementOf(
  module: string,
  path: string,
  ours: ReadonlySet<string>,
): Promise<string | undefined> {
  const standIn = STAND_INS[module];
  if (standIn !== undefined) return `export * from ${JSON.stringify(`${root}lib/sdk/${standIn}`)};`;
  if (LEFT_OUT.has(module)) return leftOutModule(module, await readFile(path, 'utf8'));
  if (MANIFEST.test(module)) return versionAlone(await readFile(path, 'utf8'));
  if (SCHEMAS.test(module))
    return literalKeys(knownErrorsAlone(await readFile(path, 'utf8'), await errorsBeside(path), ours));
  return undefined;
}

function leftOutModule(module: string, source: string): string {
  const declared = [...source.matchAll(/^export (?:async )?(?:const|class|function) (\w+)/gm)].map(
    ([, name]) => name,
  );
  const passedOn = [...source.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim().replace(/^.* as /, '')),
  );
  const names = [...declared, ...passedOn].filter(Boolean);
  return [
    `import { leftOut } from ${JSON.stringify(`${root}lib/sdk/left-out.ts`)};`,
    `const absent = /* @__PURE__ */ leftOut(${JSON.stringify(module.replace(/(\/index)?\.js$/, ''))});`,
    `export { ${names.map((name) => `absent as ${name}`).join(', ')} };`,
  ].join('\n');
}

/** A client reads nothing but its version, for the user agent. */
function versionAlone(manifest: string): string {
  const { version } = JSON.parse(manifest) as { version: string };
  return `export default { version: ${JSON.stringify(version)} };`;
}

/**
 * The errors of a service that our code names, and those that the SDK tries again because of their class. Any other one
 * comes as the service's base class with its own name, message and metadata, as errors do that the SDK does not know.
 */
function knownErrorsAlone(schemas: string, errors: string, ours: ReadonlySet<string>): string {
  const retried = new Set(
    errors
      .split(/^export class /m)
      .filter((declaration) => declaration.includes('$retryable'))
      .map((declaration) => declaration.match(/^\w+/)?.[0]),
  );
  return schemas.replaceAll(/^n0_registry\.registerError\(\w+\$, (\w+)\);$/gm, (line, name: string) =>
    ours.has(name) || retried.has(name) ? line : '',
  );
}

/** `[_e]: …` as `"error": …`. esbuild keeps the schemas of all operations otherwise: to compute a key might do something. */
function literalKeys(schemas: string): string {
  const constants = new Map(
    [...schemas.matchAll(/^const (_\w+) = ("[^"]*");$/gm)].map(([, name, text]) => [name, text]),
  );
  return schemas.replaceAll(/\[(_\w+)\](?=:)/g, (key, name: string) => constants.get(name) ?? key);
}

function errorsBeside(schemas: string): Promise<string> {
  return readFile(schemas.replace(/schemas\/schemas_0\.js$/, 'models/errors.js'), 'utf8');
}

/** Every word of our code. */
async function ownWords(): Promise<Set<string>> {
  const files = ['lib/', 'functions/'].flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => `${root}${folder}${file}`),
  );
  const sources = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return new Set(sources.flatMap((source) => source.match(/\w+/g) ?? []));
}
