// Run when a bundle is made: the patterns of AWS's partitions and the end of their hosts' names, as the SDK has them.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

type Partition = { regionRegex: string; outputs: { dnsSuffix: string } };

const core = createRequire(import.meta.url).resolve('@aws-sdk/core/package.json');
const file = new URL('dist-es/submodules/client/util-endpoints/lib/aws/partitions.js', pathToFileURL(core));
const { partitionsInfo: whole } = (await import(file.href)) as {
  partitionsInfo: { partitions: Partition[] };
};

export const partitionsInfo = {
  partitions: whole.partitions.map(({ regionRegex, outputs: { dnsSuffix } }) => ({
    regionRegex,
    outputs: { dnsSuffix },
  })),
};
