// The package.json of the published package. Its name and version are those of the repository's, and nowhere else.
import { readFileSync } from 'node:fs';
import { root } from '../../folders.ts';

type Versions = Readonly<Record<string, string>>;

interface Repository {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  /** npm compares it with where a package with provenance was built. */
  readonly repository?: string | object;
  readonly dependencies: Versions;
  readonly devDependencies: Versions;
  readonly optionalDependencies: Versions;
}

/** Dependencies of the build, which the package itself doesn't need. */
const FOR_MAKING = ['serverless', 'typescript'];

/** @param files that are in it, relative to the root */
export function manifestFor(files: readonly string[]): object {
  const ours = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Repository;
  const { name, version, description, license, repository } = ours;
  const { dependencies, devDependencies, optionalDependencies } = ours;
  return {
    name,
    version,
    description,
    license,
    ...(repository !== undefined && { repository }),
    type: 'module',
    engines: { node: '>=20' },
    exports: {
      './cdk': { types: './cdk/gatehouse.d.cts', default: './cdk/gatehouse.cjs' },
      './hooks': { types: './types/lib/core/hooks.d.ts' },
      './package.json': './package.json',
    },
    bin: { gatehouse: 'tools/adopt/gatehouse.js' },
    dependencies: usedOf({ ...devDependencies, ...dependencies }, files),
    optionalDependencies,
    peerDependencies: { 'aws-cdk-lib': '^2.150.0', constructs: '^10.3.0' },
    peerDependenciesMeta: { 'aws-cdk-lib': { optional: true }, constructs: { optional: true } },
    scarfSettings: { enabled: false },
  };
}

/** A dependency is whatever a file names: an import more needs no line here. */
function usedOf(versions: Versions, files: readonly string[]): Versions {
  const text = files
    .filter((file) => /\.(ts|js)$/.test(file))
    .map((file) => readFileSync(root + file, 'utf8'))
    .join('\n');
  const used = Object.entries(versions).filter(
    ([name]) => !FOR_MAKING.includes(name) && new RegExp(`['"\`]${name}['"\`/]`).test(text),
  );
  return Object.fromEntries(used);
}
