/**
 * Talks to the other tabs. Without a name, and in a browser that refuses, it is deaf and dumb and throws no error: each
 * tab is alone then, and reads the storage all the same.
 */
export function openChannel<News>(
  name: string | undefined,
  hear: (news: News) => unknown,
  onRefusal: (error: unknown) => void = () => undefined,
) {
  const trying = (act: () => unknown) => void (async () => act())().catch(onRefusal);
  let channel: BroadcastChannel | undefined;
  trying(() => {
    if (!name) return;
    channel = new BroadcastChannel(name);
    (channel as { unref?(): void }).unref?.(); // in Node it must not keep the process
    channel.onmessage = ({ data }) => trying(() => hear(data));
  });
  return {
    post: (news: News) => trying(() => channel?.postMessage(news)),
    close: () => trying(() => channel?.close()),
  };
}
