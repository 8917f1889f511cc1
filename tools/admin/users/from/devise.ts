import { withPepper } from '../../../../lib/passwords/schemes/peppered-bcrypt.ts';
import { RefusedRow } from '../refused-row.ts';
import { digestOr } from './digest.ts';
import { type ForeignRecord, fullName, inUtc, rowOf } from './foreign-record.ts';
import type { Settings, Source } from './source.ts';

/** The table `users` of Rails with Devise. @see https://github.com/heartcombo/devise */
export const devise: Source = {
  formats: ['csv', 'json'],
  needs: [['email'], ['encrypted_password']],
  reads: ['id', 'name', 'first_name', 'last_name', 'username', 'confirmed_at', 'locked_at', 'created_at'],
  read(record, settings) {
    return rowOf({
      email: record.text('email'),
      names: [
        record.text('name', 'full_name'),
        fullName(record.text('first_name'), record.text('last_name')),
        record.text('username'),
      ],
      passwordHash: hashOf(record, settings),
      verified: record.value('confirmed_at') !== undefined,
      // When the lock would end is only in Devise's configuration.
      disabled: record.value('locked_at') !== undefined,
      createdAt: inUtc(record.value('created_at')),
      id: record.text('id'),
    });
  },
};

function hashOf(record: ForeignRecord, settings: Settings) {
  const text = record.text('encrypted_password');
  if (text === undefined || settings.pepper === undefined) return digestOr(text, record, settings);
  const read = withPepper(text, settings.pepper);
  if ('refused' in read) throw new RefusedRow(`encrypted_password: ${read.refused}`);
  return read.text;
}
