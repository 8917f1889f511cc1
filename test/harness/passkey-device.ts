import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { PasskeyAlgorithm } from '../../lib/core/passkeys.ts';

// An authenticator and the browser before it, in software and independent of the code under test: it only writes. Each
// part of an answer can be changed, so that a test may ask what happens when exactly that part is wrong.

export type Options = { challenge: string; rpId?: string; user?: { id: string } };

/** What a test may change of an answer. */
export type Changes = {
  clientData?: Record<string, unknown>;
  /** Bits of the flags to set or to clear. */
  flags?: { set?: number; clear?: number };
  rpId?: string;
  counter?: number;
  credentialId?: Buffer;
  cose?: Map<number, unknown>;
  /** Behind the authenticator data, as extensions would be. */
  trailing?: Buffer;
  fmt?: string;
  attStmt?: Map<string, unknown>;
  selfAttested?: boolean;
  userHandle?: string | null;
  signature?: (signature: Buffer) => Buffer;
  /** The answer as it is sent. */
  sent?: (credential: Credential) => unknown;
};

type Credential = {
  id: string;
  rawId: string;
  type: string;
  response: Record<string, unknown>;
  clientExtensionResults: object;
  authenticatorAttachment: string;
};

export const FLAGS = { UP: 1, UV: 4, BE: 8, BS: 16, AT: 64, ED: 128 };

export type Authenticator = ReturnType<typeof authenticator>;

/** A device with one passkey. @param counts whether it counts signatures, as security keys do */
export function authenticator({
  algorithm = -7,
  origin = 'https://app.example.com',
  rpId = 'app.example.com',
  synced = true,
  counts = false,
}: {
  algorithm?: PasskeyAlgorithm;
  origin?: string;
  rpId?: string;
  synced?: boolean;
  counts?: boolean;
} = {}) {
  const { publicKey, privateKey } = newKeys(algorithm);
  const credentialId = randomBytes(16);
  const cose = coseOf(algorithm, publicKey);
  let counter = 0;
  let handle = '';

  const clientDataOf = (type: string, challenge: string, changes: Changes) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false, ...changes.clientData }));

  function dataOf(changes: Changes, attested: boolean): Buffer {
    if (counts) counter += 1;
    const backup = synced ? FLAGS.BE | FLAGS.BS : 0;
    const { set = 0, clear = 0 } = changes.flags ?? {};
    const flags = (FLAGS.UP | FLAGS.UV | backup | (attested ? FLAGS.AT : 0) | set) & ~clear;
    const id = changes.credentialId ?? credentialId;
    const head = Buffer.alloc(37);
    sha256(Buffer.from(changes.rpId ?? rpId)).copy(head);
    head.writeUInt8(flags, 32);
    head.writeUInt32BE(changes.counter ?? counter, 33);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const credential = attested ? [Buffer.alloc(16), length, id, cbor(changes.cose ?? cose)] : [];
    return Buffer.concat([head, ...credential, changes.trailing ?? Buffer.alloc(0)]);
  }

  function sent(id: Buffer, response: Record<string, unknown>, { sent: change }: Changes) {
    const text = id.toString('base64url');
    const credential = {
      ...{ id: text, rawId: text, type: 'public-key', response },
      ...{ clientExtensionResults: {}, authenticatorAttachment: 'platform' },
    };
    return change ? change(credential) : credential;
  }

  return {
    credentialId: credentialId.toString('base64url'),
    cose,

    /** Answers PublicKeyCredentialCreationOptionsJSON. */
    register({ challenge, user }: Options, changes: Changes = {}) {
      handle = user?.id ?? handle;
      const clientData = clientDataOf('webauthn.create', challenge, changes);
      const authData = dataOf(changes, true);
      const signed = Buffer.concat([authData, sha256(clientData)]);
      const self = new Map<string, unknown>([
        ['alg', algorithm],
        ['sig', signWith(algorithm, privateKey, signed)],
      ]);
      const attestation = new Map<string, unknown>([
        ['fmt', changes.fmt ?? (changes.selfAttested ? 'packed' : 'none')],
        ['attStmt', changes.attStmt ?? (changes.selfAttested ? self : new Map())],
        ['authData', authData],
      ]);
      const response = {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: cbor(attestation).toString('base64url'),
        transports: ['internal', 'hybrid'],
      };
      return sent(changes.credentialId ?? credentialId, response, changes);
    },

    /** Answers PublicKeyCredentialRequestOptionsJSON. */
    logIn({ challenge }: Options, changes: Changes = {}) {
      const clientData = clientDataOf('webauthn.get', challenge, changes);
      const authData = dataOf(changes, false);
      const signature = signWith(algorithm, privateKey, Buffer.concat([authData, sha256(clientData)]));
      const userHandle = changes.userHandle === undefined ? handle : changes.userHandle;
      const response = {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: (changes.signature?.(signature) ?? signature).toString('base64url'),
        ...(userHandle !== null && { userHandle }),
      };
      return sent(changes.credentialId ?? credentialId, response, changes);
    },
  };
}

function newKeys(algorithm: PasskeyAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === -7) return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (algorithm === -8) return generateKeyPairSync('ed25519');
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function signWith(algorithm: PasskeyAlgorithm, key: KeyObject, bytes: Buffer): Buffer {
  return sign(algorithm === -8 ? null : 'sha256', bytes, key);
}

function coseOf(algorithm: PasskeyAlgorithm, key: KeyObject): Map<number, unknown> {
  const { x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' });
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  const common: [number, unknown] = [3, algorithm];
  if (algorithm === -7) return new Map([[1, 2], common, [-1, 1], [-2, bytes(x)], [-3, bytes(y)]]);
  if (algorithm === -8) return new Map([[1, 1], common, [-1, 6], [-2, bytes(x)]]);
  return new Map([[1, 3], common, [-1, bytes(n)], [-2, bytes(e)]]);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Writes CBOR (RFC 8949): as much of it as authenticators use. */
export function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? headOf(1, -1 - value) : headOf(0, value);
  if (typeof value === 'string')
    return Buffer.concat([headOf(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([headOf(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([headOf(4, value.length), ...value.map(cbor)]);
  if (value instanceof Map)
    return Buffer.concat([
      headOf(5, value.size),
      ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)]),
    ]);
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4]);
  throw new Error('the authenticator of the tests writes no such CBOR');
}

function headOf(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.from([(major << 5) | argument]);
  const size = argument < 2 ** 8 ? 1 : argument < 2 ** 16 ? 2 : 4;
  const head = Buffer.alloc(1 + size);
  head.writeUInt8((major << 5) | (24 + Math.log2(size)));
  head.writeUIntBE(argument, 1, size);
  return head;
}
