import { decodeBase64 } from '../base64.ts';
import { damaged, LEAVE_OUT, type Reading, refused } from '../password-hash.ts';
import { argon2Hash } from './argon2.ts';
import { type Pbkdf2Digest, pbkdf2Hash } from './pbkdf2.ts';

const PBKDF2: Readonly<Record<string, Pbkdf2Digest>> = {
  pbkdf2: 'sha1',
  'pbkdf2-sha256': 'sha256',
  'pbkdf2-sha512': 'sha512',
};

/**
 * A password credential of Keycloak.
 *
 * @param credentialData JSON as it is exported: algorithm, rounds and, for Argon2, more
 * @param secretData JSON as it is exported: value and salt in base64
 */
export function keycloakHash(credentialData: string, secretData: string): Reading {
  const [credential, secret] = [parse(credentialData), parse(secretData)];
  const { algorithm, hashIterations, additionalParameters: more } = credential;
  const [salt, value] = [secret.salt, secret.value].map((field) => decodeBase64(String(field ?? '-')));
  const pbkdf2 = PBKDF2[String(algorithm)];
  if (pbkdf2 !== undefined) return pbkdf2Hash(pbkdf2, Number(hashIterations) || 0, salt, value);
  if (algorithm !== 'argon2')
    return refused(
      `not one of Keycloak's algorithms (argon2, pbkdf2, pbkdf2-sha256, pbkdf2-sha512); ${LEAVE_OUT}`,
    );
  const one = (name: string) => String([(more as Record<string, unknown> | undefined)?.[name]].flat()[0]);
  const variant = (['argon2id', 'argon2i', 'argon2d'] as const).find(
    (name) => name === `argon2${one('type')}`,
  );
  if (variant === undefined || one('version') !== '1.3') return damaged('Argon2');
  const [memory, lanes] = [one('memory'), one('parallelism')].map((number) => Number(number) || 0);
  return argon2Hash(
    { variant, memory: memory as number, passes: Number(hashIterations) || 0, lanes: lanes as number },
    salt,
    value,
  );
}

function parse(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
