import { isObject } from '../json.ts';
import { fullName, isUuid, rowOf } from './foreign-record.ts';
import type { Source } from './source.ts';

/**
 * `aws cognito-idp list-users`, or a CSV with the header that Cognito's own import has. Neither holds hashes: Cognito gives them
 * to nobody.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
 */
export const cognito: Source = {
  formats: ['csv', 'json'],
  needs: [
    ['email', 'Attributes'],
    ['cognito:username', 'Username'],
  ],
  reads: [
    'sub',
    'name',
    'given_name',
    'family_name',
    'preferred_username',
    'email_verified',
    'UserCreateDate',
    'Enabled',
  ],
  member: 'Users',
  flatten(user) {
    const attributes = [user.Attributes, user.UserAttributes].find(Array.isArray) ?? [];
    return {
      ...user,
      ...Object.fromEntries(attributes.filter(isObject).map(({ Name, Value }) => [Name, Value])),
    };
  },
  read(record) {
    const userName = record.text('preferred_username', 'cognito:username', 'Username');
    return rowOf({
      email: record.text('email'),
      names: [
        record.text('name'),
        fullName(record.text('given_name'), record.text('family_name')),
        userName !== undefined && isUuid(userName) ? undefined : userName,
      ],
      verified: record.flag('email_verified'),
      disabled: record.flag('Enabled') === false,
      createdAt: inMilliseconds(record.value('UserCreateDate')),
      // If people log in with their address, the user name is the id.
      id: record.text('sub') ?? userName,
    });
  },
};

/** Version 1 of the AWS CLI gives seconds, with a fraction. */
function inMilliseconds(value: unknown): unknown {
  return typeof value === 'number' && value < 100_000_000_000 ? Math.round(value * 1000) : value;
}
