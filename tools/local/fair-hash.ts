// bcryptjs computes for 100 ms at a time before it lets anything else of the process have its turn. On Lambda nobody waits
// for that, where an instance serves one request at a time; in a process that serves many, as `npm start` does, all of
// them wait. Here it is 10 ms.
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

const THEIRS = 'var MAX_EXECUTION_TIME = 100;';
const OURS = 'var MAX_EXECUTION_TIME = 10;';

/** @throws Error, as a failed build, when an update of bcryptjs no longer has the line */
export function fairHash(): Plugin {
  return {
    name: 'fair-hash',
    setup({ onLoad }) {
      onLoad({ filter: /\/node_modules\/bcryptjs\/index\.js$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        if (!source.includes(THEIRS)) throw new Error(`bcryptjs has no longer the line \`${THEIRS}\``);
        return { contents: source.replace(THEIRS, OURS), loader: 'js' };
      });
    },
  };
}
