import { type DigestRule, readDigestRule } from '../../../../lib/passwords/schemes/wrapped-digest.ts';
import { FastDigest } from '../fast-digest.ts';
import { RefusedRow } from '../refused-row.ts';
import type { ForeignRecord } from './foreign-record.ts';

const AS_IT_IS = ['bcrypt', 'argon2', 'pbkdf2'];

/**
 * The hashes of other systems that Auth0 can import, which a file made for Auth0 may have.
 *
 * @param custom the member `custom_password_hash`
 * @throws RefusedRow for what can't be verified here
 * @see https://auth0.com/docs/manage-users/user-migration/bulk-user-import-database-schema-and-examples
 */
export function customHash(custom: ForeignRecord): string | FastDigest {
  const algorithm = custom.text('algorithm') ?? '';
  const hash = custom.nested('hash');
  const value = hash.text('value') ?? '';
  if (AS_IT_IS.includes(algorithm)) return asPasslib(value);
  const digest = digestOf(algorithm, custom);
  if (digest === undefined)
    throw new RefusedRow(
      'custom_password_hash: only bcrypt, argon2, pbkdf2 and plain digests in UTF-8 can be verified; leave it out, and the owner gets a reset email.',
    );
  const encoding = hash.text('encoding') ?? 'hex';
  const hex = encoding === 'base64' ? Buffer.from(value, 'base64').toString('hex') : value;
  const read = FastDigest.of(digest.rule, hex, digest.salt);
  if (read === undefined) throw new RefusedRow('custom_password_hash: damaged.');
  return read;
}

/** `$pbkdf2-sha256$i=100000,l=32$salt$hash` is PHC's spelling of `$pbkdf2-sha256$100000$salt$hash`. */
function asPasslib(value: string): string {
  return value.replace(/^(\$pbkdf2-[a-z0-9]+\$)i=(\d+)(?:,l=\d+)?(?=\$)/, '$1$2');
}

function digestOf(algorithm: string, custom: ForeignRecord): { rule: DigestRule; salt: string } | undefined {
  const [salt, password] = [custom.nested('salt'), custom.nested('password')];
  const isUtf8 = [salt, password].every((part) => (part.text('encoding') ?? 'utf8') === 'utf8');
  const text = salt.text('value');
  const order = salt.text('position') === 'suffix' ? 'password + salt' : 'salt + password';
  const rule = readDigestRule(`${algorithm}(${text === undefined ? 'password' : order})`);
  return 'refused' in rule || !isUtf8 ? undefined : { rule, salt: text ?? '' };
}
