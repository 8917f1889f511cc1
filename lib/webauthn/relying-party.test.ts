import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authenticator, type Changes, cbor, FLAGS } from '../../test/harness/passkey-device.ts';
import { PASSKEY_ALGORITHMS, RefusedCredential } from '../core/passkeys.ts';
import { userHandleOf } from '../core/user-handle.ts';
import { relyingParty } from './relying-party.ts';

const [rpId, origin] = ['app.example.com', 'https://app.example.com'];
const party = relyingParty(rpId, (one) => one === origin);
const userId = '3f0d1a0e-7a52-4f3b-9d86-5c1f6f9f2c11';
const options = () => ({
  challenge: randomBytes(54).toString('base64url'),
  user: { id: userHandleOf(userId).toString('base64url') },
});

/** What @simplewebauthn/server says of the same answer: another reading of the standard. */
async function libraryTakesRegistration(response: unknown, expectedChallenge: string): Promise<boolean> {
  const given = { expectedChallenge, expectedOrigin: origin, expectedRPID: rpId };
  const supportedAlgorithmIDs = [...PASSKEY_ALGORITHMS];
  return verifyRegistrationResponse({ ...given, supportedAlgorithmIDs, response: response as never }).then(
    ({ verified }) => verified,
    () => false,
  );
}

async function libraryTakesLogIn(
  response: unknown,
  { expectedChallenge, publicKey, id }: { expectedChallenge: string; publicKey: Buffer; id: string },
): Promise<boolean> {
  const given = { expectedChallenge, expectedOrigin: origin, expectedRPID: rpId };
  const credential = { id, publicKey: new Uint8Array(publicKey), counter: 0 };
  return verifyAuthenticationResponse({ ...given, credential, response: response as never }).then(
    ({ verified }) => verified,
    () => false,
  );
}

describe.each(PASSKEY_ALGORITHMS)('algorithm %i', (algorithm) => {
  test('a passkey registers and logs in, as the library says too', async () => {
    const device = authenticator({ algorithm, counts: true });
    const creation = options();
    const made = device.register(creation);
    const { challenge, credential } = party.registration(made);
    expect(challenge).toBe(creation.challenge);
    expect(credential).toMatchObject({
      ...{ credentialId: device.credentialId, algorithm, counter: 1 },
      ...{ backupEligible: true, backedUp: true, transports: ['hybrid', 'internal'] },
    });
    expect(await libraryTakesRegistration(made, challenge)).toBe(true);

    const request = options();
    const given = device.logIn(request);
    const assertion = party.assertion(given);
    expect(assertion).toMatchObject({
      ...{ challenge: request.challenge, credentialId: device.credentialId, userId },
      ...{ counter: 2, backupEligible: true, backedUp: true },
    });
    expect(assertion.isSignedBy(credential)).toBe(true);
    const seen = {
      expectedChallenge: request.challenge,
      publicKey: cbor(device.cose),
      id: device.credentialId,
    };
    expect(await libraryTakesLogIn(given, seen)).toBe(true);
  });

  test('a signature that was changed, or is of another key, is refused', async () => {
    const [device, other] = [authenticator({ algorithm }), authenticator({ algorithm })];
    const { credential } = party.registration(device.register(options()));
    const foreign = party.registration(other.register(options())).credential;
    const changed = (signature: Buffer) => {
      signature.writeUInt8(signature.readUInt8(signature.length - 1) ^ 1, signature.length - 1);
      return signature;
    };
    for (const wrong of [changed, (all: Buffer) => all.subarray(0, -1), () => Buffer.alloc(1)]) {
      const request = options();
      const given = device.logIn(request, { signature: wrong });
      expect(party.assertion(given).isSignedBy(credential)).toBe(false);
      const seen = {
        expectedChallenge: request.challenge,
        publicKey: cbor(device.cose),
        id: device.credentialId,
      };
      expect(await libraryTakesLogIn(given, seen)).toBe(false);
    }
    expect(party.assertion(device.logIn(options())).isSignedBy(foreign)).toBe(false);
  });

  test('a key that signed its own attestation is taken, and a wrong signature of it is not', () => {
    const device = authenticator({ algorithm });
    expect(party.registration(device.register(options(), { selfAttested: true })).credential.algorithm).toBe(
      algorithm,
    );
    const refused = (attStmt: Map<string, unknown>) =>
      expect(() => party.registration(device.register(options(), { fmt: 'packed', attStmt }))).toThrow(
        RefusedCredential,
      );
    refused(
      new Map<string, unknown>([
        ['alg', algorithm],
        ['sig', Buffer.alloc(64)],
      ]),
    );
    refused(
      new Map<string, unknown>([
        ['alg', -9],
        ['sig', Buffer.alloc(64)],
      ]),
    );
    refused(new Map<string, unknown>([['alg', algorithm]]));
  });
});

const device = authenticator();
const { credential } = party.registration(device.register(options()));
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' });
const cose = (changes: [number, unknown][]) => new Map([...device.cose, ...changes]);

/** Wrong in both ceremonies. The step is that of section 7.1 of WebAuthn Level 3; 7.2 has the same under other numbers. */
const wrongInBoth: [string, Changes][] = [
  ['step 7: the other ceremony', { clientData: { type: 'payment.get' } }],
  ['step 8: no challenge', { clientData: { challenge: undefined } }],
  ['step 9: another origin', { clientData: { origin: 'https://evil.example' } }],
  ['step 9: a subdomain', { clientData: { origin: 'https://x.app.example.com' } }],
  ['step 9: http', { clientData: { origin: 'http://app.example.com' } }],
  ['step 9: no origin', { clientData: { origin: null } }],
  ['step 10: a frame of another origin', { clientData: { crossOrigin: true } }],
  ['step 10: crossOrigin that is no boolean', { clientData: { crossOrigin: 'true' } }],
  ['step 11: a top origin', { clientData: { topOrigin: 'https://app.example.com' } }],
  ['step 14: another RP ID', { rpId: 'evil.example' }],
  ['step 15: nobody present', { flags: { clear: FLAGS.UP } }],
  ['step 16: nobody verified', { flags: { clear: FLAGS.UV } }],
  ['step 17: backed up, but cannot be', { flags: { clear: FLAGS.BE } }],
  ['something behind the end', { trailing: Buffer.from([0]) }],
  ['extensions that are none', { flags: { set: FLAGS.ED } }],
  ['extensions that are no map', { flags: { set: FLAGS.ED }, trailing: Buffer.from([0]) }],
  ['two ids', { sent: (all) => ({ ...all, rawId: 'AAAA' }) }],
  ['an id that is not its canonical text', { sent: (all) => ({ ...all, id: 'AB', rawId: 'AB' }) }],
  ['no id', { sent: ({ id: _, ...rest }) => rest }],
  ['another type', { sent: (all) => ({ ...all, type: 'password' }) }],
  ['no response', { sent: ({ response: _, ...rest }) => rest }],
  ['a response that is no object', { sent: (all) => ({ ...all, response: 'x' }) }],
  ['client data that is no base64url', { sent: withPart('clientDataJSON', 'e30=') }],
  ['client data that is no JSON', { sent: withPart('clientDataJSON', 'AAAA') }],
  [
    'client data that is null',
    { sent: withPart('clientDataJSON', Buffer.from('null').toString('base64url')) },
  ],
  ['client data that is no UTF-8', { sent: withPart('clientDataJSON', '_w') }],
];

function withPart(name: string, value: unknown): NonNullable<Changes['sent']> {
  return (all) => ({ ...all, response: { ...all.response, [name]: value } });
}

const wrongRegistrations: [string, Changes][] = [
  ['step 12: no attestation', { sent: withPart('attestationObject', undefined) }],
  ['step 12: an attestation that is no CBOR', { sent: withPart('attestationObject', '_w') }],
  [
    'step 12: an attestation without authenticator data',
    { sent: withPart('attestationObject', cbor(new Map([['fmt', 'none']])).toString('base64url')) },
  ],
  ['no new credential', { flags: { clear: FLAGS.AT } }],
  ['step 20: an algorithm that was not asked for', { cose: cose([[3, -35]]) }],
  ['step 20: no algorithm', { cose: new Map([...device.cose].filter(([label]) => label !== 3)) }],
  ['a key of another kind than its algorithm', { cose: cose([[1, 1]]) }],
  [
    'a key on another curve',
    {
      cose: cose([
        [-1, 2],
        [-2, Buffer.from(p384.x ?? '', 'base64url')],
        [-3, Buffer.from(p384.y ?? '', 'base64url')],
      ]),
    },
  ],
  ['a point that is not on the curve', { cose: cose([[-2, Buffer.alloc(32, 1)]]) }],
  ['a compressed point', { cose: cose([[-3, true]]) }],
  [
    'an RSA key that is too small',
    {
      cose: new Map<number, unknown>([
        [1, 3],
        [3, -257],
        [-1, Buffer.alloc(128, 0xff)],
        [-2, Buffer.from([1, 0, 1])],
      ]),
    },
  ],
  [
    'an RSA key that is too large',
    {
      cose: new Map<number, unknown>([
        [1, 3],
        [3, -257],
        [-1, Buffer.alloc(1024, 0xff)],
        [-2, Buffer.from([1, 0, 1])],
      ]),
    },
  ],
  ['step 21: another attestation', { fmt: 'fido-u2f' }],
  [
    'step 21: a packed attestation with certificates',
    {
      fmt: 'packed',
      attStmt: new Map<string, unknown>([
        ['alg', -7],
        ['sig', Buffer.alloc(64)],
        ['x5c', []],
      ]),
    },
  ],
  [
    'step 21: an attestation of nothing that states something',
    { attStmt: new Map([['sig', Buffer.alloc(1)]]) },
  ],
  ['step 25: an id of 1,024 bytes', { credentialId: Buffer.alloc(1_024, 1) }],
  ['an empty id', { credentialId: Buffer.alloc(0) }],
  ['another id than the attested one', { sent: (all) => ({ ...all, id: 'AAAA', rawId: 'AAAA' }) }],
];

test.each([...wrongInBoth, ...wrongRegistrations])('registration refuses %s', (_, changes) => {
  expect(() => party.registration(device.register(options(), changes))).toThrow(RefusedCredential);
});

const wrongLogIns: [string, Changes][] = [
  ['a new credential', { flags: { set: FLAGS.AT } }],
  ['step 6: no user handle', { userHandle: null }],
  ['step 6: a user handle of another length', { userHandle: 'AAAA' }],
  ['no signature', { sent: withPart('signature', undefined) }],
  ['authenticator data that is too short', { sent: withPart('authenticatorData', 'AAAA') }],
];

test.each([...wrongInBoth, ...wrongLogIns])('log-in refuses %s', (_, changes) => {
  expect(() => party.assertion(device.logIn(options(), changes))).toThrow(RefusedCredential);
});

test('each ceremony refuses the answer of the other one', () => {
  expect(() => party.assertion(device.register(options()))).toThrow(RefusedCredential);
  expect(() => party.registration(device.logIn(options()))).toThrow(RefusedCredential);
});

test.each([undefined, null, 5, 'x', [], {}])('%j isn’t a credential', (given) => {
  expect(() => party.registration(given)).toThrow(RefusedCredential);
  expect(() => party.assertion(given)).toThrow(RefusedCredential);
});

test('what a standard allows is taken: an id of 1,023 bytes, extensions, members that nobody knows yet', () => {
  const extensions = cbor(
    new Map<string, unknown>([
      ['credProtect', 2],
      ['hmac-secret', true],
    ]),
  );
  const changes: Changes = {
    credentialId: Buffer.alloc(1_023, 1),
    flags: { set: FLAGS.ED },
    trailing: extensions,
    clientData: { other_keys_can_be_added_here: 'do not compare with a template' },
    sent: (all) => ({ ...all, response: { ...all.response, publicKeyAlgorithm: -7 } }),
  };
  expect(party.registration(device.register(options(), changes)).credential.transports).toEqual([
    'hybrid',
    'internal',
  ]);
  const { credentialId: _, ...same } = changes;
  expect(party.assertion(device.logIn(options(), same)).isSignedBy(credential)).toBe(true);
});

test('of transports only what may be one is kept', () => {
  const transports = [
    'usb',
    'usb',
    5,
    'x'.repeat(40),
    'A',
    ...Array.from({ length: 20 }, (_, nth) => `t${'abcdefghijklmnopqrst'[nth]}`),
  ];
  const { credential: made } = party.registration(
    device.register(options(), { sent: withPart('transports', transports) }),
  );
  expect(made.transports).toHaveLength(10);
  expect(made.transports.every((one) => /^t[a-t]$/.test(one))).toBe(true);
  expect(
    party.registration(device.register(options(), { sent: withPart('transports', 'usb') })).credential
      .transports,
  ).toEqual([]);
});

describe('a response in which anything was changed', () => {
  const made = authenticator({ algorithm: -7 });
  const registration = made.register(options()) as Answer;
  const logIn = made.logIn(options()) as Answer;
  const { credential } = party.registration(registration);

  type Answer = { id: string; rawId: string; response: Record<string, string> };

  /** The answer with one byte of one of its parts changed, taken away or added. */
  const changed = (whole: Answer, parts: readonly string[]) =>
    fc
      .record({
        part: fc.constantFrom(...parts),
        at: fc.nat(),
        byte: fc.integer({ min: 1, max: 255 }),
        how: fc.constantFrom('changed', 'removed', 'added', 'cut'),
      })
      .map(({ part, at, byte, how }) => {
        const bytes = Buffer.from(whole.response[part] as string, 'base64url');
        const place = at % bytes.length;
        const [before, own, after] = [
          bytes.subarray(0, place),
          bytes.readUInt8(place),
          bytes.subarray(place + 1),
        ];
        const middle = { changed: [own ^ byte], removed: [], added: [byte, own], cut: [] }[how] as number[];
        const all = Buffer.concat([before, Buffer.from(middle), how === 'cut' ? Buffer.alloc(0) : after]);
        return { ...whole, response: { ...whole.response, [part]: all.toString('base64url') } };
      });

  /** What is taken of an answer; `undefined` for one that is refused, which is the only other thing that may happen. */
  function taken<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      expect(error).toBeInstanceOf(RefusedCredential);
      return undefined;
    }
  }

  test('opens nothing: it is refused, or the key has not signed it, or it is another user’s', () => {
    const parts = ['authenticatorData', 'clientDataJSON', 'signature', 'userHandle'];
    fc.assert(
      fc.property(changed(logIn, parts), (answer) => {
        const assertion = taken(() => party.assertion(answer));
        expect(assertion?.isSignedBy(credential) === true && assertion.userId === userId).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('registers nothing but what it says, and no key that cannot be used', () => {
    fc.assert(
      fc.property(changed(registration, ['attestationObject', 'clientDataJSON']), (answer) => {
        const read = taken(() => party.registration(answer));
        if (read === undefined) return;
        expect(read.credential.credentialId).toBe(answer.id);
        const key = { key: { ...read.credential.publicKey }, format: 'jwk' } as const;
        expect(createPublicKey(key).type).toBe('public');
      }),
      { numRuns: 500 },
    );
  });

  test('as JSON of any shape is refused, and nothing else happens', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record({
            id: fc.constant(logIn.id),
            rawId: fc.constant(logIn.id),
            type: fc.constant('public-key'),
            response: fc.jsonValue(),
          }),
          fc
            .tuple(fc.constantFrom(...Object.keys(logIn.response)), fc.jsonValue())
            .map(([part, value]) => ({ ...logIn, response: { ...logIn.response, [part]: value } })),
        ),
        (answer) => {
          expect(taken(() => party.registration(answer))).toBeUndefined();
          const assertion = taken(() => party.assertion(answer));
          expect(assertion?.isSignedBy(credential) ?? false).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });
});
