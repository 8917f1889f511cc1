/**
 * Stands in the bundles for a part of the AWS SDK that no function of ours reaches (see tools/build/sdk-stand-ins.ts). It may be
 * handed around, and an instance be made of it, as the clients do with parts that they may need one day. Whoever calls it
 * or looks into it gets an error that says so: nothing is skipped in silence.
 *
 * @param part the module that is left out
 */
export function leftOut(part: string): never {
  // A function and no arrow, so that an instance can be made of it.
  function fail(): never {
    throw new LeftOutError(
      `${part} was reached, and tools/build/sdk-stand-ins.ts leaves it out of the bundle`,
    );
  }
  return new Proxy(fail, { apply: fail, get: fail, has: fail, construct: () => leftOut(part) }) as never;
}

class LeftOutError extends Error {
  override readonly name = 'LeftOutError';
}
