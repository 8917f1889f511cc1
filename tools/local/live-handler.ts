// What serverless-offline runs in place of a function: the newest code of it, loaded again only when it changed.
import { setSourceMapsSupport } from 'node:module';
import { liveFolder } from '../folders.ts';
import { versionAsker } from './live-versions.ts';

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

/** A handler that always runs the current code of the function of this name. */
export function liveHandler(name: string): Handler {
  setSourceMapsSupport(true);
  const currentVersion = versionAsker(name);
  let loaded: { readonly version: string; readonly handler: Promise<Handler> } | undefined;

  return async (event, context) => {
    const version = await currentVersion();
    if (loaded?.version !== version) loaded = { version, handler: load(name, version) };
    // Lambda, too, starts over after a failed start.
    const handler = await loaded.handler.catch((error) => {
      loaded = undefined;
      throw error;
    });
    return handler(event, context);
  };
}

async function load(name: string, version: string): Promise<Handler> {
  const module = (await import(`${liveFolder}functions/${name}.js?version=${version}`)) as {
    handler: Handler;
  };
  return module.handler;
}
