/** A signal that aborts after some time, or with another. React Native has neither `AbortSignal.timeout` nor `any`. */
export function abortAfter(milliseconds: number, other?: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(other?.reason);
  (setTimeout(abort, milliseconds) as { unref?(): void }).unref?.(); // in Node it must not keep the process
  other?.addEventListener('abort', abort);
  return controller.signal;
}

/** What `work` resolves with, unless the signal aborts first: a browser may refuse by never answering. */
export function orAborted<T>(work: Promise<T>, signal?: AbortSignal | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = () => reject(signal?.reason);
    if (signal?.aborted) give();
    signal?.addEventListener('abort', give);
    work.then(resolve, reject).finally(() => signal?.removeEventListener('abort', give));
  });
}
