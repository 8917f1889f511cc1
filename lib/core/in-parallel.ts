/**
 * Runs an act for each item, at most `width` at once. After a failure no further act begins; those under way are
 * awaited.
 *
 * @throws what the first failed act threw
 */
export async function inParallel<T>(
  width: number,
  all: AsyncIterable<T>,
  act: (one: T) => Promise<void>,
): Promise<void> {
  const source = all[Symbol.asyncIterator]();
  let failure: { error: unknown } | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const next = () => {
    const mine = turn.then(() => source.next());
    turn = mine.catch(() => undefined);
    return mine;
  };
  const worker = async () => {
    try {
      for (let one = await next(); !one.done && failure === undefined; one = await next())
        await act(one.value);
    } catch (error) {
      failure ??= { error };
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  await source.return?.();
  if (failure !== undefined) throw failure.error;
}
