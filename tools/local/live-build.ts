// Keeps the bundles as fresh as their sources. There is no watcher, whose news may come after the request:
// each request asks, and asking compares the time stamps of our few dozen source files.
import { statSync } from 'node:fs';
import { type Bundle, bundleForRunning } from '../build/bundle.ts';

export interface LiveBuild {
  /**
   * Rebuilds the function of this name if a source file of it has changed, and says which version is current.
   * @throws Error with esbuild's report when the sources do not build
   */
  version(name: string): Promise<string>;
}

interface Built {
  readonly bundle: Bundle;
  readonly stamp: string;
}

/** Builds the functions of these names into `<outdir>functions/`: all of them now, each again when needed. */
export async function liveBuild(names: readonly string[], outdir: string): Promise<LiveBuild> {
  const built = new Map<string, Built>();
  const turns = new Map<string, Promise<unknown>>();

  async function build(wanted: readonly string[]): Promise<Bundle[]> {
    const startedAt = Date.now();
    for (const name of wanted) built.delete(name);
    const bundles = await bundleForRunning(wanted, outdir);
    for (const bundle of bundles) {
      // A file that was saved meanwhile may be in the bundle or not: then the next request builds once more.
      if (bundle.sources.some((source) => modifiedAt(source) >= startedAt)) continue;
      built.set(bundle.name, { bundle, stamp: stampOf(bundle) });
    }
    return bundles;
  }

  async function refresh(name: string): Promise<string> {
    const known = built.get(name);
    if (known !== undefined && known.stamp === stampOf(known.bundle)) return known.bundle.version;
    const [bundle] = await build([name]);
    return bundle?.version ?? '';
  }

  // What does not build now is tried again at its first request.
  await build(names).catch((error: Error) => console.error(error.message));
  return {
    version(name) {
      const answer = (turns.get(name) ?? Promise.resolve()).then(() => refresh(name));
      turns.set(
        name,
        answer.catch(() => undefined),
      );
      return answer;
    },
  };
}

function stampOf({ sources }: Bundle): string {
  return sources.map(modifiedAt).join(' ');
}

function modifiedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
}
