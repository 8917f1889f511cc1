import { createCipheriv } from 'node:crypto';
import { decodeBase64 } from '../base64.ts';
import { damaged, type Reading, refused, sameBytes } from '../password-hash.ts';
import { computeScrypt, scryptFault } from './scrypt.ts';

/** The length of a project's key, in bytes. */
const KEY_LENGTH = 64;

const FORM = /^\$gatehouse\$firebase\$ln=(\d{1,3}),r=(\d{1,3})\$([^$]+)\$([^$]+)$/;

/** What Firebase's console shows as `hash_config`. */
export type FirebaseConfig = { signerKey: Buffer; saltSeparator: Buffer; rounds: number; memCost: number };

/**
 * Firebase encrypts its project's key with a key that scrypt makes of the password. Of both this keeps what the cipher added
 * to the project's key: the row needs no secret of the project, in an encoding of ours.
 *
 * @see https://github.com/firebase/scrypt
 */
export function readFirebase(text: string): Reading | undefined {
  if (!text.startsWith('$gatehouse$firebase$')) return undefined;
  const [, ln, r, salt = '', stream = ''] = FORM.exec(text) ?? [];
  return firebase(Number(ln), Number(r), decodeBase64(salt), decodeBase64(stream));
}

/** One exported account's `passwordHash` and `salt`. */
export function firebaseHash(config: FirebaseConfig, passwordHash: string, salt: string): Reading {
  const [hash, ownSalt] = [decodeBase64(passwordHash), decodeBase64(salt)];
  if (hash === undefined || ownSalt === undefined || hash.length !== config.signerKey.length)
    return damaged('Firebase');
  const stream = Buffer.from(hash.map((byte, at) => byte ^ (config.signerKey[at] as number)));
  return firebase(config.memCost, config.rounds, Buffer.concat([ownSalt, config.saltSeparator]), stream);
}

/** @returns the text of the console's `hash_config { … }`, read; a sentence when something is missing in it */
export function readFirebaseConfig(text: string): FirebaseConfig | { refused: string } {
  const value = (name: string) => new RegExp(`\\b${name}\\s*:\\s*"?([\\w+/=-]+)`).exec(text)?.[1];
  const [signerKey, saltSeparator] = [value('base64_signer_key'), value('base64_salt_separator')].map(
    (found) => (found === undefined ? undefined : decodeBase64(found)),
  );
  const [rounds, memCost] = [Number(value('rounds')), Number(value('mem_cost'))];
  if (
    !/\balgorithm\s*:\s*"?SCRYPT\b/.test(text) ||
    !signerKey?.length ||
    !saltSeparator ||
    !(rounds > 0 && memCost > 0)
  )
    return refused(
      "not the text of Firebase's hash_config { algorithm: SCRYPT, base64_signer_key: …, base64_salt_separator: …, rounds: …, mem_cost: … }.",
    );
  return { signerKey, saltSeparator, rounds, memCost };
}

function firebase(ln: number, r: number, salt?: Buffer, stream?: Buffer): Reading {
  const cost = { ln, r, p: 1 };
  const fault = scryptFault(cost);
  if (fault) return fault;
  if (salt === undefined || stream?.length !== KEY_LENGTH) return damaged('Firebase');
  return {
    text: `$gatehouse$firebase$ln=${ln},r=${r}$${salt.toString('base64url')}$${stream.toString('base64url')}`,
    kind: `Firebase scrypt (N=${2 ** ln}, r=${r})`,
    async matches(password) {
      const cipher = createCipheriv(
        'aes-256-ctr',
        await computeScrypt(cost, password, salt, 32),
        Buffer.alloc(16),
      );
      return sameBytes(cipher.update(Buffer.alloc(stream.length)), stream);
    },
  };
}
