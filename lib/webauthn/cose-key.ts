import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { PasskeyAlgorithm, PasskeyKey } from '../core/passkeys.ts';
import type { CborMap } from './cbor.ts';

// The labels of RFC 9052 section 7 and RFC 9053 section 7.
const [KTY, ALG, CRV_OR_N, X_OR_E, Y] = [1, 3, -1, -2, -3];
const [OKP, EC2, RSA] = [1, 2, 3];
const [P_256, ED25519] = [1, 6];

const RSA_BYTES = { least: 256, most: 512 };

/** Reads the public key of a credential, and makes sure that it can be used. @throws Error when it can't */
export function readCoseKey(cose: CborMap): { algorithm: PasskeyAlgorithm; publicKey: PasskeyKey } {
  const read = READERS[Number(cose.get(ALG)) as PasskeyAlgorithm];
  if (read === undefined) throw new Error('the algorithm of the key is none that was asked for');
  const key = { algorithm: cose.get(ALG) as PasskeyAlgorithm, publicKey: read(cose) };
  importKey(key.publicKey);
  return key;
}

const READERS: Record<PasskeyAlgorithm, (cose: CborMap) => PasskeyKey> = {
  [-7](cose) {
    expectMembers(cose, { [KTY]: EC2, [CRV_OR_N]: P_256 });
    return { kty: 'EC', crv: 'P-256', x: bytesOf(cose, X_OR_E, 32, 32), y: bytesOf(cose, Y, 32, 32) };
  },
  [-8](cose) {
    expectMembers(cose, { [KTY]: OKP, [CRV_OR_N]: ED25519 });
    return { kty: 'OKP', crv: 'Ed25519', x: bytesOf(cose, X_OR_E, 32, 32) };
  },
  [-257](cose) {
    expectMembers(cose, { [KTY]: RSA });
    // Only an attacker who wants to waste processor time sends a larger modulus or exponent.
    const { least, most } = RSA_BYTES;
    return { kty: 'RSA', n: bytesOf(cose, CRV_OR_N, least, most), e: bytesOf(cose, X_OR_E, 1, 4) };
  },
};

function expectMembers(cose: CborMap, expected: Record<number, number>): void {
  for (const [label, value] of Object.entries(expected))
    if (cose.get(Number(label)) !== value) throw new Error('the key is of another kind than its algorithm');
}

/** @returns base64url */
function bytesOf(cose: CborMap, label: number, least: number, most: number): string {
  const value = cose.get(label);
  if (!Buffer.isBuffer(value) || value.length < least || value.length > most)
    throw new Error('a member of the key has the wrong length');
  return value.toString('base64url');
}

function importKey(publicKey: PasskeyKey): KeyObject {
  return createPublicKey({ key: { ...publicKey }, format: 'jwk' });
}

/** The digest of each algorithm; Ed25519 has its own built in. */
const DIGESTS: Record<PasskeyAlgorithm, string | null> = { [-7]: 'sha256', [-8]: null, [-257]: 'sha256' };

/** Verifies a signature. ES256 is in DER, RS256 has the padding of PKCS #1 v1.5; both are Node's defaults. */
export function isSignedBy(
  { algorithm, publicKey }: { algorithm: PasskeyAlgorithm; publicKey: PasskeyKey },
  signed: Buffer,
  signature: Buffer,
): boolean {
  return verify(DIGESTS[algorithm], signed, importKey(publicKey), signature);
}
