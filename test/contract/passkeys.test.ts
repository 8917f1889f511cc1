import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { PASSKEY_ALGORITHMS } from '../../lib/core/passkeys.ts';
import { type Client, clients, inProcess } from '../harness/client.ts';
import { awaitMails } from '../harness/inbox.ts';
import { type Changes, FLAGS } from '../harness/passkey-device.ts';
import {
  addedPasskey,
  bearer,
  creationOptions,
  device,
  holder,
  loggedInByPasskey,
  ownOrigin,
  requestOptions,
  tryPasskey,
} from '../harness/passkeys.ts';
import { loggedIn, signedUp, type Tokens } from '../harness/people.ts';
import { expectAnswer, ok, problem } from './answers.ts';

const message = expect.any(String);
const codeOf = (reply: { status: number; json: unknown }) => [
  reply.status,
  (reply.json as { code?: string }).code,
];

async function freshSession(client: Client): Promise<Tokens & { userId: string; email: string }> {
  const person = await signedUp(client);
  const tokens = await loggedIn(client, person);
  return { ...tokens, userId: String(decodeJwt(tokens.accessToken).sub), email: person.email };
}

async function welcomed(client: Client, tokens: Tokens): Promise<number> {
  return (await client.send({ path: '/auth', headers: bearer(tokens) })).status;
}

describe.each(clients)('a step-up by passkey $name', (client) => {
  const stepUp = async (tokens: Tokens, made: ReturnType<typeof device>, changes: Changes = {}) => {
    const passkey = made.logIn(await requestOptions(client), changes);
    return client.send({ path: '/auth/step-up', headers: bearer(tokens), body: { passkey } });
  };

  test('raises a session that a password opened, and its refresh token stays the same', async () => {
    const { device: made, byPassword } = await holder(client);
    const before = decodeJwt(byPassword.accessToken);
    expect([before.acr, before.amr]).toEqual(['aal1', ['pwd']]);
    const reply = await stepUp(byPassword, made);
    expectAnswer(
      reply,
      ok({ message, accessToken: expect.any(String), tokenType: 'Bearer', expiresIn: 3_600 }),
    );
    const raised = reply.json as Tokens;
    const evidence = { acr: 'aal2', amr: ['pwd', 'swk', 'user'] };
    expect(decodeJwt(raised.accessToken)).toMatchObject({ ...evidence, sid: before.sid, sub: before.sub });
    await creationOptions(client, raised);
    // The token of before proves no more than it did.
    const low = await client.send({ path: '/auth/passkeys/options', headers: bearer(byPassword) });
    expect(codeOf(low)).toEqual([401, 'step-up-required']);
    const { refreshToken } = byPassword;
    const refreshed = await client.send({ path: '/auth/refresh-tokens', body: { refreshToken } });
    expect(decodeJwt((refreshed.json as Tokens).accessToken)).toMatchObject(evidence);
  });

  test('refuses a passkey of nobody’s or somebody else’s, and a wrong one, as wrong credentials', async () => {
    const [ada, bob, nobody] = [await holder(client), await holder(client), device()];
    const handle = Buffer.alloc(16, 1).toString('base64url');
    expect(codeOf(await stepUp(ada.byPassword, nobody, { userHandle: handle }))).toEqual([
      401,
      'wrong-credentials',
    ]);
    expect(codeOf(await stepUp(ada.byPassword, bob.device))).toEqual([401, 'wrong-credentials']);
    const evil = { clientData: { origin: 'https://evil.example' } };
    expect(codeOf(await stepUp(ada.byPassword, ada.device, evil))).toEqual([401, 'wrong-credentials']);
    const low = await client.send({ path: '/auth/passkeys/options', headers: bearer(ada.byPassword) });
    expect(codeOf(low)).toEqual([401, 'step-up-required']);
    expect((await tryPasskey(client, bob.device)).status).toBe(200);
  });

  test('one answer is good for one step-up or one log-in', async () => {
    const { device: made, byPassword } = await holder(client);
    const passkey = made.logIn(await requestOptions(client));
    const both = await Promise.all([
      client.send({ path: '/auth/login/passkey', body: { response: passkey } }),
      client.send({ path: '/auth/step-up', headers: bearer(byPassword), body: { passkey } }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
  });
});

describe.each(clients)('$name', (client) => {
  const post = (path: string, tokens: Pick<Tokens, 'accessToken'>, body?: unknown) =>
    client.send({ path, headers: bearer(tokens), body });

  describe('POST /auth/passkeys/options', () => {
    test('answers what a browser needs, and excludes the passkeys that the account has', async () => {
      const tokens = await freshSession(client);
      const reply = await post('/auth/passkeys/options', tokens);
      const { rpId } = ownOrigin();
      const expected = (excludeCredentials: unknown[]) =>
        ok({
          rp: { id: rpId, name: 'Gatehouse' },
          user: {
            id: Buffer.from(tokens.userId.replaceAll('-', ''), 'hex').toString('base64url'),
            name: tokens.email,
            displayName: 'Ada Lovelace',
          },
          challenge: expect.stringMatching(/^[\w-]{72}$/),
          pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
          timeout: 300_000,
          excludeCredentials,
          authenticatorSelection: {
            residentKey: 'required',
            requireResidentKey: true,
            userVerification: 'required',
          },
          attestation: 'none',
          extensions: { credProps: true },
        });
      expectAnswer(reply, expected([]));

      const made = device();
      await addedPasskey(client, tokens, made);
      const later = await post('/auth/passkeys/options', await loggedInByPasskey(client, made));
      const transports = ['hybrid', 'internal'];
      expectAnswer(later, expected([{ type: 'public-key', id: made.credentialId, transports }]));
    });
  });

  describe('POST /auth/passkeys', () => {
    test('adds a passkey, with a name or without', async () => {
      const tokens = await freshSession(client);
      const [first, second] = [device(), device()];
      const responses = [];
      for (const one of [first, second]) responses.push(one.register(await creationOptions(client, tokens)));
      const passkey = (name: string | null) => ({
        factorId: expect.stringMatching(/^[\w-]{43}$/),
        type: 'passkey',
        name,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        lastUsedAt: null,
      });
      const added = await post('/auth/passkeys', tokens, { response: responses[0], name: ' My phone ' });
      expectAnswer(added, { status: 201, body: { message, passkey: passkey('My phone') } });
      // Its own challenges of before stay good, but the account now reaches a higher level than this session.
      const refused = await post('/auth/passkeys', tokens, { response: responses[1] });
      expectAnswer(refused, {
        ...problem(401, 'Unauthorized', expect.stringContaining('/auth/step-up'), {
          headers: {
            'www-authenticate': 'Bearer error="insufficient_user_authentication", acr_values="aal2"',
          },
        }),
        body: expect.objectContaining({ code: 'step-up-required', acrValues: ['aal2'] }),
      });
      expect(refused.json).not.toHaveProperty('maxAge');
      const raised = await loggedInByPasskey(client, first);
      const response = second.register(await creationOptions(client, raised));
      const other = await post('/auth/passkeys', raised, { response, name: null });
      expectAnswer(other, { status: 201, body: { message, passkey: passkey(null) } });
    });

    test.each<[string, Changes]>([
      ['of another origin', { clientData: { origin: 'https://evil.example' } }],
      ['of a frame of another site', { clientData: { crossOrigin: true } }],
      ['of another challenge', { clientData: { challenge: 'AAAA' } }],
      ['of nobody verified', { flags: { clear: FLAGS.UV } }],
      ['that is backed up but cannot be', { flags: { clear: FLAGS.BE } }],
      ['with an id of 1,024 bytes', { credentialId: Buffer.alloc(1_024, 7) }],
      [
        'with a key that cannot be imported',
        {
          cose: new Map([
            [1, 2],
            [3, -7],
          ]),
        },
      ],
      ['with another attestation', { fmt: 'android-key' }],
    ])('refuses a passkey %s, and the challenge stays good', async (_, changes) => {
      const [tokens, made] = [await freshSession(client), device()];
      const options = await creationOptions(client, tokens);
      const refused = await post('/auth/passkeys', tokens, { response: made.register(options, changes) });
      expectAnswer(refused, {
        ...problem(400, 'Bad Request', message),
        body: expect.objectContaining({ code: 'invalid-passkey' }),
      });
      expect((await post('/auth/passkeys', tokens, { response: made.register(options) })).status).toBe(201);
    });

    test('fields: a missing response, one that is not an object, and invisible names', async () => {
      const tokens = await freshSession(client);
      const errorsOf = async (body: unknown) => {
        const reply = await post('/auth/passkeys', tokens, body);
        expect(codeOf(reply)).toEqual([400, 'invalid-fields']);
        return (reply.json as { errors: { field: string; code: string }[] }).errors.map(({ field, code }) => [
          field,
          code,
        ]);
      };
      expect(await errorsOf({})).toEqual([['response', 'required']]);
      for (const response of ['x', 5, [], null])
        expect(await errorsOf({ response })).toEqual([['response', 'not-object']]);
      expect(await errorsOf({ response: {}, name: '' })).toEqual([['name', 'name-length']]);
      expect(await errorsOf({ response: {}, name: 'x'.repeat(101) })).toEqual([['name', 'name-length']]);
      expect(await errorsOf({ response: {}, name: 5 })).toEqual([['name', 'not-text']]);
    });

    test('a challenge can be used once, only in its own session, and not for a log-in', async () => {
      const [tokens, made] = [await freshSession(client), device()];
      const options = await creationOptions(client, tokens);
      expect((await post('/auth/passkeys', tokens, { response: made.register(options) })).status).toBe(201);
      const raised = await loggedInByPasskey(client, made);
      const again = device().register(options);
      expect(codeOf(await post('/auth/passkeys', raised, { response: again }))).toEqual([
        400,
        'invalid-passkey',
      ]);

      const own = await creationOptions(client, raised);
      const other = await loggedInByPasskey(client, made);
      expect(codeOf(await post('/auth/passkeys', other, { response: device().register(own) }))).toEqual([
        400,
        'invalid-passkey',
      ]);
      const { challenge } = await requestOptions(client);
      expect(
        codeOf(await post('/auth/passkeys', raised, { response: device().register({ ...own, challenge }) })),
      ).toEqual([400, 'invalid-passkey']);
    });

    test('a passkey that an account has, one’s own or another, cannot be added again', async () => {
      const { device: made, byPasskey } = await holder(client);
      const again = made.register(await creationOptions(client, byPasskey));
      expect(codeOf(await post('/auth/passkeys', byPasskey, { response: again }))).toEqual([
        400,
        'invalid-passkey',
      ]);
      const stranger = await freshSession(client);
      const stolen = made.register(await creationOptions(client, stranger));
      expect(codeOf(await post('/auth/passkeys', stranger, { response: stolen }))).toEqual([
        400,
        'invalid-passkey',
      ]);
    });

    test('adding one ends what other sessions have begun, and not what this one has', async () => {
      const { device: made, byPasskey } = await holder(client);
      const other = await loggedInByPasskey(client, made);
      const [ofOther, own, ownLater] = [
        await creationOptions(client, other),
        await creationOptions(client, byPasskey),
        await creationOptions(client, byPasskey),
      ];
      expect((await post('/auth/passkeys', byPasskey, { response: device().register(own) })).status).toBe(
        201,
      );
      expect(codeOf(await post('/auth/passkeys', other, { response: device().register(ofOther) }))).toEqual([
        400,
        'invalid-passkey',
      ]);
      expect(
        (await post('/auth/passkeys', byPasskey, { response: device().register(ownLater) })).status,
      ).toBe(201);
      const anew = await creationOptions(client, other);
      expect((await post('/auth/passkeys', other, { response: device().register(anew) })).status).toBe(201);
    });

    test('the eleventh is too many, at the options already', async () => {
      const { byPasskey } = await holder(client);
      for (let nth = 2; nth <= 9; nth += 1) await addedPasskey(client, byPasskey, device());
      const [tenth, eleventh] = [
        await creationOptions(client, byPasskey),
        await creationOptions(client, byPasskey),
      ];
      expect((await post('/auth/passkeys', byPasskey, { response: device().register(tenth) })).status).toBe(
        201,
      );
      const late = await post('/auth/passkeys', byPasskey, { response: device().register(eleventh) });
      expect(codeOf(late)).toEqual([409, 'factor-limit']);
      const { status, json } = await post('/auth/passkeys/options', byPasskey);
      expect([status, json]).toEqual([
        409,
        expect.objectContaining({ code: 'factor-limit', title: 'Conflict' }),
      ]);
    });
  });

  describe('POST /auth/login/passkey/options', () => {
    test('returns the same to everybody except for the challenge, with and without a body', async () => {
      for (const body of [undefined, {}, '{']) {
        const headers = { 'content-type': 'application/json' };
        expectAnswer(await client.send({ path: '/auth/login/passkey/options', headers, body }), {
          status: 200,
          body: {
            challenge: expect.stringMatching(/^[\w-]{72}$/),
            timeout: 300_000,
            rpId: ownOrigin().rpId,
            allowCredentials: [],
            userVerification: 'required',
          },
        });
      }
    });
  });

  describe('POST /auth/login/passkey', () => {
    test.each(PASSKEY_ALGORITHMS)('opens a session at aal2 for a key of algorithm %i', async (algorithm) => {
      const tokens = await freshSession(client);
      const made = device({ algorithm });
      await addedPasskey(client, tokens, made);
      const reply = await tryPasskey(client, made);
      expectAnswer(
        reply,
        ok({
          message,
          accessToken: expect.any(String),
          refreshToken: expect.stringMatching(/^[\w-]{128}$/),
          tokenType: 'Bearer',
          expiresIn: 3_600,
          user: { name: 'Ada Lovelace', bio: null, email: tokens.email },
        }),
      );
      const opened = reply.json as Tokens;
      expect(decodeJwt(opened.accessToken)).toMatchObject({
        sub: tokens.userId,
        acr: 'aal2',
        amr: ['swk', 'user'],
      });
      const refreshed = await client.send({
        path: '/auth/refresh-tokens',
        body: { refreshToken: opened.refreshToken },
      });
      expect(decodeJwt((refreshed.json as Tokens).accessToken)).toMatchObject({
        acr: 'aal2',
        amr: ['swk', 'user'],
      });
    });

    test('a passkey that cannot be backed up is a hardware key', async () => {
      const { byPasskey } = await holder(client, device({ synced: false }));
      expect(decodeJwt(byPasskey.accessToken).amr).toEqual(['hwk', 'user']);
    });

    test('a passkey that no account has is unknown, and one of somebody else’s is not', async () => {
      const [nobody, ada, bob] = [device(), await holder(client), await holder(client)];
      nobody.register({ challenge: '', user: { id: Buffer.alloc(16).toString('base64url') } });
      const unknown = await tryPasskey(client, nobody);
      expectAnswer(unknown, {
        ...problem(401, 'Unauthorized', message, { headers: { 'www-authenticate': 'Bearer' } }),
        body: expect.objectContaining({ code: 'unknown-credential' }),
      });
      const handle = Buffer.from(
        String(decodeJwt(bob.byPassword.accessToken).sub).replaceAll('-', ''),
        'hex',
      );
      const foreign = await tryPasskey(client, ada.device, { userHandle: handle.toString('base64url') });
      expect(codeOf(foreign)).toEqual([401, 'wrong-credentials']);
    });

    test.each<[string, Changes]>([
      ['another origin', { clientData: { origin: 'https://evil.example' } }],
      ['another RP ID', { rpId: 'evil.example' }],
      ['a frame of another site', { clientData: { crossOrigin: true } }],
      ['another challenge', { clientData: { challenge: 'A'.repeat(72) } }],
      ['nobody verified', { flags: { clear: FLAGS.UV } }],
      ['no user handle', { userHandle: null }],
      ['a wrong signature', { signature: (all) => all.fill(1, 8, 12) }],
      ['another eligibility for backup', { flags: { clear: FLAGS.BE | FLAGS.BS } }],
      ['no credential at all', { sent: () => ({}) }],
    ])('refuses %s, and the challenge stays good', async (_, changes) => {
      const { device: made } = await holder(client);
      const options = await requestOptions(client);
      const send = (more: Changes) =>
        client.send({ path: '/auth/login/passkey', body: { response: made.logIn(options, more) } });
      expectAnswer(await send(changes), {
        ...problem(401, 'Unauthorized', message, { headers: { 'www-authenticate': 'Bearer' } }),
        body: expect.objectContaining({ code: 'wrong-credentials' }),
      });
      expect((await send({})).status).toBe(200);
      expect(codeOf(await send({}))).toEqual([401, 'wrong-credentials']);
    });

    test('a body without a response is refused by its field', async () => {
      for (const body of [{}, { response: 'x' }])
        expect(codeOf(await client.send({ path: '/auth/login/passkey', body }))).toEqual([
          400,
          'invalid-fields',
        ]);
    });

    test('a counter that was ever above zero has to rise', async () => {
      const made = device({ counts: true });
      const { person } = await holder(client, made); // 1 at its registration, 2 at its first log-in
      for (const counter of [2, 1, 0])
        expect(codeOf(await tryPasskey(client, made, { counter }))).toEqual([401, 'wrong-credentials']);
      const mails = await awaitMails(person.email, 4); // one that it was added, and one for each of these
      expect(mails.filter(({ subject }) => /refused/.test(subject))).toHaveLength(3);
      expect((await tryPasskey(client, made, { counter: 9 })).status).toBe(200);
      expect(codeOf(await tryPasskey(client, made, { counter: 9 }))).toEqual([401, 'wrong-credentials']);
      expect((await tryPasskey(client, made, { counter: 2 ** 32 - 1 })).status).toBe(200);
      await loggedIn(client, person);
    });

    test('a passkey that could not be backed up cannot begin to', async () => {
      const { device: made } = await holder(client, device({ synced: false }));
      for (const set of [FLAGS.BE, FLAGS.BE | FLAGS.BS])
        expect(codeOf(await tryPasskey(client, made, { flags: { set } }))).toEqual([
          401,
          'wrong-credentials',
        ]);
      expect((await tryPasskey(client, made)).status).toBe(200);
    });

    test('backup may begin and end', async () => {
      const { device: made } = await holder(client);
      expect((await tryPasskey(client, made, { flags: { clear: FLAGS.BS } })).status).toBe(200);
      expect((await tryPasskey(client, made)).status).toBe(200);
    });

    test('of twenty uses of one answer at once one opens a session', async () => {
      const { device: made } = await holder(client);
      const response = made.logIn(await requestOptions(client));
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => client.send({ path: '/auth/login/passkey', body: { response } })),
      );
      expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(401)]);
    });

    test('an account that wrong passwords have locked still takes a passkey', async () => {
      const { person, device: made } = await holder(client);
      const wrong = { path: '/auth/login', body: { email: person.email, password: 'not the password' } };
      for (let nth = 1; nth <= 6; nth += 1) await client.send(wrong);
      expect((await client.send(wrong)).status).toBe(429);
      expect((await tryPasskey(client, made)).status).toBe(200);
    });
  });

  describe('POST /auth/passkeys/rename', () => {
    test('renames one’s own, and says the same of others', async () => {
      const [ada, bob] = [await holder(client), await holder(client)];
      for (const factorId of [
        ada.passkey.factorId,
        bob.passkey.factorId,
        'x',
        '#totp',
        '',
        'x'.repeat(2_000),
      ])
        expectAnswer(
          await post('/auth/passkeys/rename', ada.byPassword, { factorId, name: 'Phone' }),
          ok({ message }),
        );
      const reply = await post('/auth/passkeys/rename', ada.byPassword, { name: '' });
      expect(codeOf(reply)).toEqual([400, 'invalid-fields']);
    });
  });

  describe('POST /auth/passkeys/remove', () => {
    test('removes it, tells which are left, and ends the sessions that it opened, this one too', async () => {
      const { device: first, byPassword, byPasskey, passkey } = await holder(client);
      const second = device();
      await addedPasskey(client, byPasskey, second);
      const [bySecond, another] = [
        await loggedInByPasskey(client, second),
        await loggedInByPasskey(client, first),
      ];
      expectAnswer(
        await post('/auth/passkeys/remove', byPasskey, { factorId: passkey.factorId }),
        ok({ message, accepted: [second.credentialId] }),
      );
      for (const ended of [byPasskey, another]) {
        expect(await welcomed(client, ended)).toBe(401);
        const { refreshToken } = ended;
        expect((await client.send({ path: '/auth/refresh-tokens', body: { refreshToken } })).status).toBe(
          401,
        );
      }
      for (const live of [byPassword, bySecond]) expect(await welcomed(client, live)).toBe(200);
      expect(codeOf(await tryPasskey(client, first))).toEqual([401, 'unknown-credential']);
      // An unknown one is gone as well.
      expectAnswer(
        await post('/auth/passkeys/remove', bySecond, { factorId: passkey.factorId }),
        ok({ message, accepted: [second.credentialId] }),
      );
    });

    test('with the last one the password alone reaches everything again, and the passkey can be added anew', async () => {
      const { person, device: made, byPasskey, passkey } = await holder(client);
      const { factorId } = passkey;
      const low = await loggedIn(client, person);
      const refused = await post('/auth/passkeys/remove', low, { factorId });
      expect(refused.json).toMatchObject({ code: 'step-up-required', acrValues: ['aal2'], maxAge: 300 });
      expectAnswer(
        await post('/auth/passkeys/remove', byPasskey, { factorId }),
        ok({ message, accepted: [] }),
      );
      await addedPasskey(client, await loggedIn(client, person), made);
      await loggedInByPasskey(client, made);
    });

    test('the owner gets a mail for each passkey that is added or removed', async () => {
      const { person, byPasskey, passkey } = await holder(client);
      await post('/auth/passkeys/remove', byPasskey, { factorId: passkey.factorId });
      const mails = await awaitMails(person.email, 2);
      expect(mails.map(({ subject }) => subject.replace('Gatehouse: ', '')).sort()).toEqual([
        'A passkey was added',
        'A passkey was removed',
      ]);
    });

    test('the link in the mail about a new passkey takes it back', async () => {
      const { person, device: made, byPassword, byPasskey } = await holder(client);
      const [mail] = await awaitMails(person.email, 1);
      const token = /undo\?tag=([\w-]+)/.exec(mail?.body.text ?? '')?.[1];
      expect(await client.send({ path: '/auth/undo', body: { token } })).toMatchObject({ status: 200 });
      for (const ended of [byPassword, byPasskey]) expect(await welcomed(client, ended)).toBe(401);
      expect(codeOf(await tryPasskey(client, made))).toEqual([401, 'unknown-credential']);
      await addedPasskey(client, await loggedIn(client, person), made);
    });

    test('leaves somebody else’s alone', async () => {
      const [ada, bob] = [await holder(client), await holder(client)];
      const { factorId } = bob.passkey;
      const reply = await post('/auth/passkeys/remove', ada.byPasskey, { factorId });
      expectAnswer(reply, ok({ message, accepted: [ada.device.credentialId] }));
      expect((await tryPasskey(client, bob.device)).status).toBe(200);
    });
  });
});

test('a removal and log-ins at the same time leave no session that the passkey opened', async () => {
  const { device: made, byPasskey, passkey } = await holder(inProcess);
  const logIns = Array.from({ length: 6 }, () => tryPasskey(inProcess, made));
  const body = { factorId: passkey.factorId };
  const removal = inProcess.send({ path: '/auth/passkeys/remove', headers: bearer(byPasskey), body });
  const opened = (await Promise.all(logIns)).filter(({ status }) => status === 200);
  expect((await removal).status).toBe(200);
  for (const { json } of opened) expect(await welcomed(inProcess, json as Tokens)).toBe(401);
});

test('of two passkeys that are added at once both are there, and counted', async () => {
  const { device: made, byPasskey } = await holder(inProcess);
  const [one, other] = [
    await creationOptions(inProcess, byPasskey),
    await creationOptions(inProcess, byPasskey),
  ];
  const replies = await Promise.all(
    [one, other].map((options) =>
      inProcess.send({
        path: '/auth/passkeys',
        headers: bearer(byPasskey),
        body: { response: device().register(options) },
      }),
    ),
  );
  expect(replies.map(({ status }) => status)).toEqual([201, 201]);
  const { json } = await inProcess.send({
    path: '/auth/passkeys/options',
    headers: bearer(await loggedInByPasskey(inProcess, made)),
  });
  expect((json as { excludeCredentials: unknown[] }).excludeCredentials).toHaveLength(3);
});
