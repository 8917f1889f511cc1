/**
 * Talks to the other tabs. A browser that refuses makes it deaf and dumb, never an error: each tab is alone then, and
 * reads the storage all the same.
 */
export function openChannel<News>(
  name: string,
  hear: (news: News) => unknown,
  onRefusal?: (error: unknown) => void,
) {
  const trying = async (act: () => unknown) => {
    try {
      await act();
    } catch (error) {
      onRefusal?.(error);
    }
  };
  let channel: BroadcastChannel | undefined;
  void trying(() => {
    if (!('BroadcastChannel' in globalThis)) return;
    channel = new BroadcastChannel(name);
    (channel as { unref?(): void }).unref?.(); // in Node it must not keep the process
    channel.onmessage = ({ data }) => trying(() => hear(data));
  });
  return {
    post: (news: News) => void trying(() => channel?.postMessage(news)),
    close: () => void trying(() => channel?.close()),
  };
}
