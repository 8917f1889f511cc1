// serverless-offline runs each function in worker threads of one process, and the builder lives in the
// main one. This is how a worker asks it for the current version of its function, before each invocation.
import { BroadcastChannel, threadId } from 'node:worker_threads';

interface Question {
  readonly asker: string;
  readonly name: string;
}

interface Answer {
  readonly to: string;
  readonly version?: string;
  readonly failure?: string;
}

const channelName = 'gatehouse-live-versions';

/** Main thread: answers every worker until the process ends. */
export function answerWorkers(versionOf: (name: string) => Promise<string>): void {
  const channel = new BroadcastChannel(channelName);
  channel.unref();
  channel.onmessage = async ({ data }) => {
    const question = data as Question | Answer;
    if (!('asker' in question)) return;
    const answer: Answer = await versionOf(question.name).then(
      (version) => ({ to: question.asker, version }),
      (error: Error) => ({ to: question.asker, failure: error.message }),
    );
    channel.postMessage(answer);
  };
}

/** Worker: the current version of this function. @throws Error when the sources do not build */
export function versionAsker(name: string): () => Promise<string> {
  const channel = new BroadcastChannel(channelName);
  const waiting = new Map<string, (answer: Answer) => void>();
  let asked = 0;
  channel.onmessage = ({ data }) => {
    const answer = data as Question | Answer;
    if (!('to' in answer)) return;
    waiting.get(answer.to)?.(answer);
    waiting.delete(answer.to);
  };
  return () =>
    new Promise((resolve, reject) => {
      asked += 1;
      const asker = `${threadId}.${asked}`;
      waiting.set(asker, ({ version, failure }) =>
        version === undefined ? reject(new Error(failure)) : resolve(version),
      );
      channel.postMessage({ asker, name } satisfies Question);
    });
}
