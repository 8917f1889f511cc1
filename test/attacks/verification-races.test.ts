import { describe, expect, test } from 'vitest';
import { userOf } from '../contract/rows.ts';
import { inProcess as client, type Reply } from '../harness/client.ts';
import { functionsWith } from '../harness/functions-with.ts';
import { awaitMails, digitsIn, linkIn } from '../harness/inbox.ts';
import { bearer } from '../harness/passkeys.ts';
import { loggedIn, type Person, signedUp, somebody, type Tokens } from '../harness/people.ts';

// Whatever is decided about an address is decided once, however many ask for it in parallel.

const post = (path: string, body: object, tokens?: Tokens) =>
  client.send({ path, body, ...(tokens && { headers: bearer(tokens) }) });
const register = (person: Person) => post('/auth/register', { ...person, confirm: person.password });
const logIn = async ({ email, password }: Person) => (await post('/auth/login', { email, password })).status;
const verify = (body: object, tokens?: Tokens) => post('/auth/verify-email', body, tokens);

/** Each of them as often as given, mixed and all at once. */
async function mixed(times: number, ...acts: (() => Promise<Reply>)[]): Promise<Reply[][]> {
  const sent = Array.from({ length: times }, () => acts.map((act) => act()));
  return Promise.all(
    acts.map((_, index) => Promise.all(sent.map((round) => round[index] as Promise<Reply>))),
  );
}

/** How many answers there are of each kind. */
function countMail(replies: Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, json } of replies) {
    const { code, accessToken } = json as { code?: string; accessToken?: string };
    const kind = code ?? (accessToken ? 'session' : String(status));
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

describe('before there is an account', () => {
  functionsWith(() => ({ EMAIL_VERIFICATION: 'before' }));

  async function waiting(person = somebody(), count = 1) {
    const { verification } = (await register(person)).json as { verification: string };
    const mail = (await awaitMails(person.email, count)).at(-1);
    return { person, verification, code: digitsIn(mail), token: linkIn(mail, 'verify-email') };
  }

  test('20 tabs that verify the same sign-up at once: one session, and all get a success', async () => {
    const { person, verification, code, token } = await waiting();
    const { password } = person;
    const [byCode = [], byLink = []] = await mixed(
      10,
      () => verify({ verification, code }),
      () => verify({ token, password }),
    );
    const { session, 200: again, throttled = 0 } = countMail([...byCode, ...byLink]);
    expect([session, (again ?? 0) + throttled]).toEqual([1, 19]);
    expect(await logIn(person)).toBe(200);
  });

  test('of two sign-ups that wait for one address one gets it, the other has expired', async () => {
    const one = await waiting();
    const other = await waiting({ ...one.person, password: 'another battery staple' }, 2);
    const all = await mixed(
      10,
      ...[one, other].map(
        ({ verification, code }) =>
          () =>
            verify({ verification, code }),
      ),
    );
    const tallies = all.map(countMail).sort((a, b) => (b.session ?? 0) - (a.session ?? 0));
    expect(tallies).toEqual([{ session: 1, 200: 9 }, { 'expired-tag': 10 }]);
    const statuses = [await logIn(one.person), await logIn(other.person)];
    expect(statuses.sort()).toEqual([200, 401]);
  });

  test('of 20 wrong codes at once five are compared, and then the right one and the link are dead', async () => {
    const { person, verification, code, token } = await waiting();
    const wrong = (index: number) => String((Number(code) + 1 + index) % 100_000_000).padStart(8, '0');
    const guesses = Array.from({ length: 20 }, (_, index) => verify({ verification, code: wrong(index) }));
    expect(countMail(await Promise.all(guesses))).toEqual({ 'wrong-code': 5, 'expired-tag': 15 });
    expect(countMail([await verify({ verification, code })])).toEqual({ 'expired-tag': 1 });
    expect(countMail([await verify({ token, password: person.password })])).toEqual({ 'expired-tag': 1 });
  });
});

describe('a change of address', () => {
  async function changing(next = somebody().email, count = 1) {
    const person = await signedUp(client);
    const tokens = await loggedIn(client, person);
    await post('/auth/change-email', { email: next }, tokens);
    const code = digitsIn((await awaitMails(next, count)).at(-1));
    return { person, tokens, next, code, userId: (await userOf(person.email)).userId };
  }

  test('two accounts and a stranger who want one address at once: one of them has it', async () => {
    const one = await changing();
    const other = await changing(one.next, 2);
    const stranger = { ...somebody(), email: one.next };
    const all = await mixed(
      7,
      () => verify({ code: one.code }, one.tokens),
      () => verify({ code: other.code }, other.tokens),
      () => register(stranger),
    );
    const [first, second, third] = all.map(countMail) as [object, object, object];
    const owner = (await userOf(one.next)).userId;
    expect(first).toEqual(owner === one.userId ? { 200: 7 } : { 'expired-tag': 7 });
    expect(second).toEqual(owner === other.userId ? { 200: 7 } : { 'expired-tag': 7 });
    const isStrangers = ![one.userId, other.userId].includes(owner);
    expect(third).toEqual(isStrangers ? { 201: 1, 'email-taken': 6 } : { 'email-taken': 7 });
    const addresses = [one, other].map(({ person, userId }) => (userId === owner ? one.next : person.email));
    expect([
      (await userOf(addresses[0] as string)).userId,
      (await userOf(addresses[1] as string)).userId,
    ]).toEqual([one.userId, other.userId]);
  });

  test('nobody gets the old address while the account moves', async () => {
    const { person, tokens, code, next, userId } = await changing();
    const stranger = { ...somebody(), email: person.email };
    const [moves = [], others = []] = await mixed(
      10,
      () => verify({ code }, tokens),
      () => register(stranger),
    );
    expect([countMail(moves), countMail(others)]).toEqual([{ 200: 10 }, { 'email-taken': 10 }]);
    expect((await userOf(next)).userId).toBe(userId);
  });

  test('of 20 undos with one link one takes it back', async () => {
    const { person, tokens, code, userId } = await changing();
    await verify({ code }, tokens);
    const token = linkIn((await awaitMails(person.email, 2)).at(-1), 'undo');
    const [undos = []] = await mixed(20, () => post('/auth/undo', { token }));
    expect(countMail(undos)).toEqual({ 200: 1, 'wrong-tag': 19 });
    expect(await userOf(person.email)).toMatchObject({ userId, email: person.email });
    const mails = await awaitMails(person.email, 3);
    expect(mails.filter(({ subject }) => /restored/.test(subject))).toHaveLength(1);
  });

  test('an undo and the completion at once: the old address stays or is restored, and no session lives', async () => {
    const { person, tokens, code, userId } = await changing();
    const token = linkIn((await awaitMails(person.email, 1)).at(-1), 'undo');
    const [undos = []] = await mixed(
      10,
      () => post('/auth/undo', { token }),
      () => verify({ code }, tokens),
    );
    expect(countMail(undos)).toEqual({ 200: 1, 'wrong-tag': 9 });
    expect(await userOf(person.email)).toMatchObject({ userId, email: person.email });
    expect((await post('/auth', {}, tokens)).status).toBe(401);
    expect(await logIn(person)).toBe(200);
  });
});
