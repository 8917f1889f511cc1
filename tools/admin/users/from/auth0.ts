import { customHash } from './auth0-custom-hash.ts';
import { emailOf, hashOwner } from './auth0-passwords.ts';
import { type ForeignRecord, fullName, rowOf } from './foreign-record.ts';
import type { Settings, Source } from './source.ts';

/**
 * Profiles as `POST /api/v2/jobs/users-exports` gives them in JSON, under the names of the API or those of the extension for
 * exports; or the file of hashes that Auth0's support hands out; or the first merged with the second.
 *
 * @see https://auth0.com/docs/manage-users/user-migration/bulk-user-exports
 */
export const auth0: Source = {
  formats: ['json'],
  needs: [['email', 'identifiers', 'user_id', 'Id', '_id']],
  member: 'users',
  read(record, settings) {
    const { email, verified } = emailOf(record);
    return rowOf({
      email,
      names: [
        record.text('name'),
        fullName(record.text('given_name', 'Given Name'), record.text('family_name', 'Family Name')),
        record.text('username', 'nickname'),
      ],
      passwordHash: hashOf(record, email, settings),
      verified: record.flag('email_verified', 'Email Verified') ?? verified,
      disabled: record.flag('blocked'),
      createdAt: record.value('created_at', 'Created At'),
      id: record.text('user_id', 'Id'),
    });
  },
};

function hashOf(record: ForeignRecord, email: string | undefined, { passwords }: Settings) {
  const beside = passwords?.take(record.text('user_id', 'Id') ?? hashOwner(record), email);
  if (email === undefined) return undefined;
  const custom = record.value('custom_password_hash');
  if (custom !== undefined) return customHash(record.nested('custom_password_hash'));
  return record.text('passwordHash', 'password_hash') ?? beside;
}
