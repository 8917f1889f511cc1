import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { root } from '../folders.ts';
import { fairHash } from './fair-hash.ts';

/** How often other work of the process gets its turn while a hash of cost 12 is computed, as it is bundled. */
async function turnsDuringHash(plugins: ReturnType<typeof fairHash>[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: "export { compare } from 'bcryptjs';", resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    plugins,
  });
  const source = Buffer.from(outputFiles[0]?.text ?? '').toString('base64');
  const { compare } = (await import(/* @vite-ignore */ `data:text/javascript;base64,${source}`)) as {
    compare(password: string, hash: string): Promise<boolean>;
  };
  let done = false;
  let turns = 0;
  const count = () => {
    turns += 1;
    if (!done) setTimeout(count, 1);
  };
  setTimeout(count, 1);
  await compare('any', `$2b$12$${'.'.repeat(53)}`);
  done = true;
  return turns;
}

test('a hash lets other requests of the process have their turn, far oftener than bcryptjs would by itself', async () => {
  const theirs = await turnsDuringHash([]);
  const ours = await turnsDuringHash([fairHash()]);
  expect(theirs).toBeGreaterThan(0);
  expect(ours).toBeGreaterThan(theirs * 3);
});
