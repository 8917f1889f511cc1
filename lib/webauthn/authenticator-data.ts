import { createHash } from 'node:crypto';
import { type CborMap, readCbor } from './cbor.ts';

/** The data that an authenticator signs. @see WebAuthn Level 3 section 6.1 */
export type AuthenticatorData = {
  counter: number;
  backupEligible: boolean;
  backedUp: boolean;
  /** Present when a credential was made. */
  attested: { credentialId: Buffer; publicKey: CborMap } | undefined;
};

const RP_ID_HASH_BYTES = 32;
const AAGUID_BYTES = 16;
const FIXED_BYTES = 37;
const FLAGS = {
  userPresent: 0x01,
  userVerified: 0x04,
  backupEligible: 0x08,
  backedUp: 0x10,
  attested: 0x40,
  extensions: 0x80,
};

/**
 * Reads authenticator data and checks what every ceremony requires: the RP ID, user presence, user verification, and that a
 * credential which isn't backup eligible isn't backed up.
 *
 * @throws Error when something is wrong
 * @see WebAuthn Level 3 sections 7.1 (steps 13 to 17) and 7.2 (steps 14 to 18)
 */
export function readAuthenticatorData(bytes: Buffer, rpId: string): AuthenticatorData {
  if (bytes.length < FIXED_BYTES) throw new Error('the authenticator data is too short');
  const expected = createHash('sha256').update(rpId).digest();
  if (!bytes.subarray(0, RP_ID_HASH_BYTES).equals(expected)) throw new Error('it is for another RP ID');

  const flags = bytes.readUInt8(RP_ID_HASH_BYTES);
  const has = (flag: keyof typeof FLAGS) => (flags & FLAGS[flag]) !== 0;
  if (!has('userPresent')) throw new Error('nobody was present');
  if (!has('userVerified')) throw new Error('the user was not verified');
  if (has('backedUp') && !has('backupEligible')) throw new Error('it is backed up but cannot be');

  let at = FIXED_BYTES;
  let attested: AuthenticatorData['attested'];
  if (has('attested')) ({ attested, end: at } = readAttested(bytes, at));
  if (has('extensions')) at = readMap(bytes, at).end;
  if (at !== bytes.length) throw new Error('the authenticator data has something behind its end');
  return {
    counter: bytes.readUInt32BE(RP_ID_HASH_BYTES + 1),
    backupEligible: has('backupEligible'),
    backedUp: has('backedUp'),
    attested,
  };
}

function readAttested(bytes: Buffer, offset: number) {
  const lengthAt = offset + AAGUID_BYTES;
  const idAt = lengthAt + 2;
  if (bytes.length < idAt) throw new Error('the credential ends too early');
  const keyAt = idAt + bytes.readUInt16BE(lengthAt);
  if (bytes.length < keyAt) throw new Error('the id of the credential ends too early');
  const { map: publicKey, end } = readMap(bytes, keyAt);
  return { attested: { credentialId: bytes.subarray(idAt, keyAt), publicKey }, end };
}

function readMap(bytes: Buffer, offset: number): { map: CborMap; end: number } {
  const { value, end } = readCbor(bytes, offset);
  if (!(value instanceof Map)) throw new Error('the authenticator data has no map where one belongs');
  return { map: value, end };
}
