import { createHash } from 'node:crypto';
import {
  type Assertion,
  type NewCredential,
  RefusedCredential,
  type RelyingParty,
} from '../core/passkeys.ts';
import { userIdOf } from '../core/user-handle.ts';
import { readAuthenticatorData } from './authenticator-data.ts';
import { readCborMap } from './cbor.ts';
import { challengeOfClientData } from './client-data.ts';
import { isSignedBy, readCoseKey } from './cose-key.ts';

/** WebAuthn Level 3 section 7.1, step 25. */
const MAX_ID_BYTES = 1023;
const MAX_TRANSPORTS = 10;

/**
 * Checks responses of authenticators, by the steps of WebAuthn Level 3 that need neither the challenge nor stored data. The
 * use-cases add the others.
 *
 * @param isOrigin whether pages of an origin may use passkeys of this RP ID
 */
export function relyingParty(rpId: string, isOrigin: (origin: string) => boolean): RelyingParty {
  return {
    registration: (response) => refuseOnError(() => readRegistration(response, rpId, isOrigin)),
    assertion: (response) => refuseOnError(() => readAssertion(response, rpId, isOrigin)),
  };
}

/** Any error while reading a client's bytes means that the bytes are wrong. */
function refuseOnError<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new RefusedCredential(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function readRegistration(
  given: unknown,
  rpId: string,
  isOrigin: (origin: string) => boolean,
): { challenge: string; credential: NewCredential } {
  const { id, response } = readCredential(given);
  const clientData = bytesOf(response.clientDataJSON);
  const challenge = challengeOfClientData(clientData, 'webauthn.create', isOrigin);
  const attestation = readCborMap(bytesOf(response.attestationObject));
  const bytes = attestation.get('authData');
  if (!Buffer.isBuffer(bytes)) throw new Error('the attestation has no authenticator data');
  const { attested, ...data } = readAuthenticatorData(bytes, rpId);
  if (attested === undefined) throw new Error('there is no new credential');
  const { credentialId } = attested;
  if (credentialId.length === 0 || credentialId.length > MAX_ID_BYTES)
    throw new Error('the id of the credential is empty or too long');
  if (credentialId.toString('base64url') !== id) throw new Error('the credential has another id');

  const key = readCoseKey(attested.publicKey);
  checkStatement(attestation, key, Buffer.concat([bytes, sha256(clientData)]));
  return {
    challenge,
    credential: { ...data, ...key, credentialId: id, transports: transportsOf(response.transports) },
  };
}

/**
 * We request no attestation. Browsers then send none, or self attestation, which the new key itself signs and which says
 * nothing about the device. Any other kind would have to be verified against the device's vendor.
 *
 * @see WebAuthn Level 3 sections 5.1.3 (step 22), 8.2 and 8.7
 */
function checkStatement(
  attestation: Map<unknown, unknown>,
  key: Pick<NewCredential, 'algorithm' | 'publicKey'>,
  signed: Buffer,
): void {
  const [format, statement] = [attestation.get('fmt'), attestation.get('attStmt')];
  if (!(statement instanceof Map)) throw new Error('the attestation has no statement');
  if (format === 'none') {
    if (statement.size > 0) throw new Error('an attestation of nothing states something');
    return;
  }
  if (format !== 'packed' || statement.has('x5c')) throw new Error('an attestation that was not asked for');
  const signature = statement.get('sig');
  const own = statement.get('alg') === key.algorithm && Buffer.isBuffer(signature);
  if (!own || !isSignedBy(key, signed, signature)) throw new Error('the key has not signed its attestation');
}

function readAssertion(given: unknown, rpId: string, isOrigin: (origin: string) => boolean): Assertion {
  const { id, response } = readCredential(given);
  const clientData = bytesOf(response.clientDataJSON);
  const challenge = challengeOfClientData(clientData, 'webauthn.get', isOrigin);
  const bytes = bytesOf(response.authenticatorData);
  const { attested, ...data } = readAuthenticatorData(bytes, rpId);
  if (attested !== undefined) throw new Error('a log-in has no new credential');
  const userId = userIdOf(bytesOf(response.userHandle));
  if (userId === undefined) throw new Error('the user handle is none of ours');
  const signature = bytesOf(response.signature);
  const signed = Buffer.concat([bytes, sha256(clientData)]);
  return {
    ...data,
    challenge,
    credentialId: id,
    userId,
    isSignedBy: (key) => isSignedBy(key, signed, signature),
  };
}

/** The common part of both kinds of responses. @see https://www.w3.org/TR/webauthn-3/#sctn-public-key-easy */
function readCredential(given: unknown): { id: string; response: Record<string, unknown> } {
  const { id, rawId, type, response } = (given ?? {}) as Record<string, unknown>;
  if (type !== 'public-key') throw new Error('the credential is not a public key');
  const bytes = bytesOf(id);
  if (id !== rawId || bytes.toString('base64url') !== id) throw new Error('the credential has no id');
  if (typeof response !== 'object' || response === null) throw new Error('the credential has no response');
  return { id, response: response as Record<string, unknown> };
}

/** @throws Error for what is not base64url without padding */
function bytesOf(text: unknown): Buffer {
  if (typeof text !== 'string' || !/^[\w-]+$/.test(text)) throw new Error('a member is not base64url');
  return Buffer.from(text, 'base64url');
}

/** The transports of the authenticator: hints for the next use, from a list that may grow. */
function transportsOf(given: unknown): string[] {
  if (!Array.isArray(given)) return [];
  const plausible = given.filter((one) => typeof one === 'string' && /^[a-z-]{1,32}$/.test(one));
  return [...new Set(plausible as string[])].sort().slice(0, MAX_TRANSPORTS);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
