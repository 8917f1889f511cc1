import { expect } from 'vitest';
import { type Handler, sendTo } from '../faults/own-world.ts';
import type { Call, Reply } from '../harness/client.ts';

// Whether answers to several classes of requests can be told apart by their time or by what they say.

/** What each class has of its own: an address. */
export type Classes = Record<string, () => Promise<string>>;

/** Takes samples of all classes in turn, in an order that changes, each with an address of its own. */
export async function measure(
  handler: Handler,
  samples: number,
  classes: Classes,
  callOf: (email: string) => Call,
) {
  const times: Record<string, number[]> = {};
  const replies: Record<string, Reply> = {};
  for (let round = -3; round < samples; round += 1) {
    const names = Object.keys(classes).sort(() => Math.random() - 0.5);
    for (const name of names) {
      const call = callOf(await (classes[name] as () => Promise<string>)());
      const start = performance.now();
      replies[name] = await sendTo(handler, call);
      const taken = performance.now() - start;
      if (round >= 0) times[name] = [...(times[name] ?? []), taken];
    }
  }
  return { times, replies };
}

const quantile = (values: number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] as number;

export function expectAsLong(title: string, times: Record<string, number[]>): void {
  const medians = Object.entries(times).map(([name, all]) => {
    const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(all, share).toFixed(2));
    console.log(
      `${title}, ${name}: median ${median} ms, quartiles ${low} and ${high} ms, ${all.length} samples`,
    );
    return Number(median);
  });
  expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(1.1);
}

export function expectAlike(title: string, { times, replies }: Awaited<ReturnType<typeof measure>>): void {
  expectAsLong(title, times);
  const [first, ...others] = Object.values(replies).map(({ status, headers, text }) => ({
    status,
    headers: { ...headers, 'retry-after': headers['retry-after']?.length },
    text: text.replace(/[\d-]+ seconds|[0-9a-f-]{36}/, ''),
  }));
  for (const other of others) expect(other).toEqual(first);
}

/** How often a sample of one class takes longer than one of another: a half where nobody can tell them apart, 0 or 1 where anybody can. */
export function shareOfLonger(one: readonly number[], other: readonly number[]): number {
  const longer = one.flatMap((time) => other.filter((than) => time > than));
  return longer.length / (one.length * other.length);
}
