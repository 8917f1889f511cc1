// Lambda on this machine: each function in a thread of its own, always with the current code.
import { Worker } from 'node:worker_threads';
import { liveFolder } from '../folders.ts';
import type { Invocation, Report } from './function-worker.ts';
import { liveBuild } from './live-build.ts';

export interface FunctionsOptions {
  readonly names: readonly string[];
  /** Takes the place of the whole environment of this process. */
  environment(name: string): Readonly<Record<string, string>>;
  /** Gets what functions print, line by line. */
  readonly log?: (line: string) => void;
}

export interface LocalFunctions {
  /**
   * Runs the function of this name. It resolves to its answer as JSON would carry it.
   * @throws Error when the function fails, doesn't build, or takes longer than 30 seconds
   */
  invoke(name: string, event: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** Long, since many functions at once share the cores of this machine. */
const TIMEOUT_MS = 30_000;

/** Builds the functions and runs them when they are invoked. A function's thread starts with its first invocation. */
export async function openFunctions(options: FunctionsOptions): Promise<LocalFunctions> {
  const { names, environment, log = () => undefined } = options;
  const build = await liveBuild(names, liveFolder);
  const instances = new Map<string, Instance>();
  const retiring = new Set<Promise<unknown>>();

  /** The instance that runs the current code; one of older code, or one that broke, ends with its last invocation. */
  async function currentOf(name: string): Promise<Instance> {
    const version = await build.version(name);
    const known = instances.get(name);
    if (known !== undefined && known.version === version && known.usable()) return known;
    if (known !== undefined) {
      const retired = known.retire();
      retiring.add(retired);
      retired.finally(() => retiring.delete(retired));
    }
    const started = startInstance({ name, version, environment: environment(name), log });
    instances.set(name, started);
    return started;
  }

  return {
    async invoke(name, event) {
      const instance = await currentOf(name);
      return instance.invoke(event);
    },
    async stop() {
      await Promise.all([...[...instances.values()].map((instance) => instance.end()), ...retiring]);
    },
  };
}

interface Instance {
  readonly version: string;
  usable(): boolean;
  invoke(event: unknown): Promise<unknown>;
  /** Ends it once nothing runs in it. */
  retire(): Promise<unknown>;
  end(): Promise<unknown>;
}

interface Start {
  readonly name: string;
  readonly version: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

function startInstance({ name, version, environment, log }: Start): Instance {
  const worker = new Worker(new URL('function-worker.ts', import.meta.url), {
    workerData: `${liveFolder}functions/${name}.js?version=${version}`,
    env: { ...environment },
    stdout: true, // what it prints comes by messages
    stderr: true,
  });
  worker.unref(); // it keeps nobody from ending
  const running = new Map<number, PromiseWithResolvers<unknown>>();
  const idle = Promise.withResolvers<void>();
  let retired = false;
  let broken = false;
  let count = 0;
  let partial = '';

  worker.on('message', (report: Report) => {
    if ('printed' in report) return print(report.printed);
    const invocation = running.get(report.id);
    if ('failure' in report) invocation?.reject(new Error(report.failure));
    else invocation?.resolve(report.answer === undefined ? null : JSON.parse(report.answer));
  });
  worker.on('error', (error) => fail(error));
  worker.on('exit', () => fail(new Error('it ended by itself')));

  function print(text: string): void {
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') log(line);
  }

  function fail(error: Error): void {
    broken = true;
    for (const { reject } of running.values()) reject(error);
  }

  function settle(id: number, timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    running.delete(id);
    if (running.size === 0 && retired) idle.resolve();
  }

  return {
    version,
    usable: () => !broken,
    async invoke(event) {
      const id = ++count;
      const invocation = Promise.withResolvers<unknown>();
      running.set(id, invocation);
      const timer = setTimeout(() => {
        broken = true; // Lambda ends it, too
        invocation.reject(new Error(`${name} did not answer within ${TIMEOUT_MS / 1000} s`));
      }, TIMEOUT_MS);
      worker.postMessage({
        id,
        event,
        functionName: name,
        deadline: Date.now() + TIMEOUT_MS,
      } satisfies Invocation);
      return invocation.promise.finally(() => settle(id, timer));
    },
    async retire() {
      retired = true;
      if (running.size > 0) await idle.promise;
      await worker.terminate();
    },
    end: () => worker.terminate(),
  };
}
