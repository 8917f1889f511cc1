// Run when a bundle is made: AWS's partitions as the SDK has them, without the names of their regions. A region is found by its
// partition's pattern.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

type Partition = { id: string; outputs: object; regionRegex: string; regions: object };

const core = createRequire(import.meta.url).resolve('@aws-sdk/core/package.json');
const file = new URL('dist-es/submodules/client/util-endpoints/lib/aws/partitions.js', pathToFileURL(core));
const { partitionsInfo: whole } = (await import(file.href)) as {
  partitionsInfo: { partitions: Partition[]; version: string };
};

export const partitionsInfo = {
  ...whole,
  partitions: whole.partitions.map((partition) => ({ ...partition, regions: {} })),
};
