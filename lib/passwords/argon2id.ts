import { randomBytes } from 'node:crypto';
import type { HashScheme } from './hash-scheme.ts';
import { computeArgon2, hasArgon2, NEEDS_NODE, OWN_ARGON2, writeArgon2 } from './schemes/argon2.ts';

const CURRENT = `$argon2id$v=19$m=${OWN_ARGON2.memory},t=${OWN_ARGON2.passes},p=${OWN_ARGON2.lanes}$`;

/**
 * Argon2id by Node's own implementation.
 *
 * @throws Error where Node has none
 */
export function argon2idScheme(): HashScheme {
  if (!hasArgon2) {
    const { node, openssl } = process.versions;
    throw new Error(`PASSWORD_HASH=argon2id: ${NEEDS_NODE}; this is Node ${node} with OpenSSL ${openssl}.`);
  }
  return {
    async hash(password) {
      const salt = randomBytes(16);
      return writeArgon2(OWN_ARGON2, salt, await computeArgon2(OWN_ARGON2, password, salt, 32));
    },
    dummyHash: writeArgon2(OWN_ARGON2, Buffer.alloc(16), Buffer.alloc(32)),
    isCurrent: (text) => text.startsWith(CURRENT),
    canHash: () => true,
  };
}
