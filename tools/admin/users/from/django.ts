import { FastDigest } from '../fast-digest.ts';
import { isObject } from '../json.ts';
import { digestOr } from './digest.ts';
import { fullName, rowOf } from './foreign-record.ts';
import type { Source } from './source.ts';

/** The table `auth_user`, or one of a user model of one's own, as CSV; or `manage.py dumpdata auth.user`. */
export const django: Source = {
  formats: ['csv', 'json'],
  needs: [['email'], ['password']],
  reads: ['id', 'first_name', 'last_name', 'username', 'is_active', 'date_joined'],
  flatten(object) {
    if (!('model' in object) || !isObject(object.fields)) return object;
    const { fields, pk } = object;
    return 'email' in fields && 'password' in fields ? { id: pk, ...fields } : undefined; // an object of another model
  },
  read(record, settings) {
    const password = record.text('password');
    return rowOf({
      email: record.text('email'),
      names: [
        record.text('name', 'full_name'),
        fullName(record.text('first_name'), record.text('last_name')),
        record.text('username'),
      ],
      // `!` and random text is how Django marks accounts that have no password.
      passwordHash: password?.startsWith('!')
        ? undefined
        : (oldDigest(password) ?? digestOr(password, record, settings)),
      disabled: record.flag('is_active') === false,
      createdAt: record.value('date_joined'),
      id: record.text('id'),
    });
  },
};

/** `sha1$salt$digest` and `md5$salt$digest`, Django's defaults of long ago. */
function oldDigest(password: string | undefined): FastDigest | undefined {
  const [, algorithm, salt, hex = ''] = /^(md5|sha1)\$([^$]*)\$([0-9a-f]+)$/.exec(password ?? '') ?? [];
  if (algorithm !== 'md5' && algorithm !== 'sha1') return undefined;
  return FastDigest.of({ algorithm, order: 'before' }, hex, salt);
}
