import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from './client.ts';
import { mailsTo, tagIn } from './inbox.ts';

/** A person that no other test uses. */
export function somebody() {
  const email = `${randomUUID()}@example.com`;
  return { name: 'Ada Lovelace', bio: null, email, password: 'correct horse battery' };
}

export type Person = ReturnType<typeof somebody>;
export type Tokens = { accessToken: string; refreshToken: string };

/** Signs somebody up through `/auth/register`. */
export async function signedUp(client: Client, person: Person = somebody()): Promise<Person> {
  const reply = await client.send({ path: '/auth/register', body: { ...person, confirm: person.password } });
  if (reply.status !== 201) throw new Error(`sign-up answered ${reply.status} ${reply.text}`);
  return person;
}

/** Logs a person in through `/auth/login`. */
export async function loggedIn(client: Client, { email, password }: Person): Promise<Tokens> {
  const reply = await client.send({ path: '/auth/login', body: { email, password } });
  if (reply.status !== 200) throw new Error(`log-in answered ${reply.status} ${reply.text}`);
  return reply.json as Tokens;
}

/** Asks for a reset mail through `/auth/forget-password` and waits for it: the tag that it carries. */
export async function mailedTag(client: Client, { email }: Person): Promise<string> {
  // Mails about other things may come at the same time, in any order.
  const resets = async () =>
    (await mailsTo(email)).filter(({ body }) => body.text.includes('/reset-password?tag='));
  const before = (await resets()).length;
  await client.send({ path: '/auth/forget-password', body: { email } });
  for (const deadline = Date.now() + 30_000; ; await pause(50)) {
    const mails = await resets();
    if (mails.length > before) return tagIn(mails.at(-1));
    if (Date.now() > deadline) throw new Error('no mail with a link to reset the password came within 30 s');
  }
}
