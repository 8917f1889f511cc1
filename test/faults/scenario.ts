import { expect } from 'vitest';
import type { Call, Reply } from '../harness/client.ts';
import type { Tokens } from '../harness/people.ts';
import type { ownWorld } from './own-world.ts';

export type World = Awaited<ReturnType<typeof ownWorld>>;

/** A request, or a delivery of the stream, on fresh data, and what has to hold around it whatever goes wrong. */
export type Scenario = {
  /** A route as in serverless.yml, or a function that has none. */
  of: string;
  /** Which of its cases it is. */
  name: string;
  prepare(world: World): Promise<Case>;
};

type Case = {
  call: Call | { event: object };
  /** The tables it has, where it is not those that all scenarios share. */
  prefix?: string;
  /** How addresses are verified; where it doesn't say, they aren't. */
  emailVerification?: EmailVerification;
  /** The counter of its passwords or codes, where the test of roles has to make a crowd of them wait for each other. */
  attempts?: string;
  /** What a correct success answers. */
  success: number;
  /** What the same request may also answer once an earlier one has been carried out. */
  done?: number;
  /** Nothing may be half done, and what was answered must be true, at any time. */
  holds?(replies: Reply[]): Promise<void>;
  /** What the client can do after the request has been answered without a 503. */
  afterwards(replies: Reply[]): Promise<void>;
};

export type EmailVerification = 'off' | 'after' | 'before';

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
export const successes = (replies: Reply[]) => replies.filter(({ status }) => status < 300);

/** Other rows of the table of sessions are entries: what happened to an account. */
export const isSession = ({ sessionId }: Record<string, unknown>) => !String(sessionId).startsWith('#');

export async function ownerOf({ rowOf }: World, email: string) {
  const { userId } = (await rowOf('emails', { email })) as { userId: string };
  return (await rowOf('users', { userId })) as {
    userId: string;
    credentialVersion: number;
    passwordHash: string;
  };
}

/**
 * Four wrong passwords or codes were tried already, so that one at a time is checked from now on: whoever comes meanwhile
 * looks again.
 */
export async function fourFailures({ putRow }: World, counter: string): Promise<void> {
  const [quietAt, rememberedUntil] = [Date.now() + 600_000, Date.now() + 86_400_000];
  const attempts = { failures: 4, consecutive: 4, pending: [], lockedUntil: 0, quietAt, rememberedUntil };
  await putRow('throttles', { counter, ...attempts, version: 'the fourth' });
}

async function welcomed({ client }: World, accessToken: string): Promise<number> {
  return (await client.send({ path: '/auth', headers: bearer(accessToken) })).status;
}

export async function expectWelcome(world: World, accessToken: string): Promise<void> {
  expect(await welcomed(world, accessToken)).toBe(200);
}

export async function refreshed({ client }: World, refreshToken: string): Promise<number> {
  return (await client.send({ path: '/auth/refresh-tokens', body: { refreshToken } })).status;
}

/** Whoever has been told anything but to try again has been told the truth. */
export async function overOnceAnswered(world: World, tokens: Tokens, replies: Reply[]): Promise<void> {
  if (replies.some(({ status }) => status !== 503)) await expectOver(world, tokens);
}

export async function expectOver(world: World, { accessToken, refreshToken }: Tokens): Promise<void> {
  expect(await welcomed(world, accessToken)).toBe(401);
  expect(await refreshed(world, refreshToken)).toBe(401);
}
