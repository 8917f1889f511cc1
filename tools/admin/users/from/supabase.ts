import { readTime } from '../../../../lib/core/read-time.ts';
import { firebaseHash } from '../../../../lib/passwords/schemes/firebase.ts';
import { RefusedRow } from '../refused-row.ts';
import { fullName, LeftOut, rowOf } from './foreign-record.ts';
import type { Source } from './source.ts';

/** The table `auth.users` of Supabase (GoTrue). @see https://supabase.com/docs/guides/auth/managing-user-data */
export const supabase: Source = {
  formats: ['csv', 'json'],
  needs: [['email'], ['encrypted_password']],
  reads: ['id', 'raw_user_meta_data', 'email_confirmed_at', 'banned_until', 'created_at'],
  read(record, { now }) {
    if (record.flag('is_anonymous')) return new LeftOut('no-address');
    const about = record.nested('raw_user_meta_data', 'user_metadata');
    const first = about.text('first_name', 'given_name');
    return rowOf({
      email: record.text('email'),
      names: [
        about.text('full_name', 'name', 'display_name'),
        fullName(first, about.text('last_name', 'family_name')),
        about.text('user_name', 'preferred_username', 'username'),
      ],
      passwordHash: hashOf(record.text('encrypted_password')),
      // `confirmed_at` was the column's name up to 2021.
      verified:
        record.value('email_confirmed_at', ...olderName(record.has('email_confirmed_at'))) !== undefined,
      disabled: endsLater(record.value('banned_until'), now),
      createdAt: record.value('created_at', 'Created At'),
      id: record.text('id'),
    });
  },
};

const FIREBASE = /^\$fbscrypt\$v=1,n=(\d+),r=(\d+),p=1(?:,ss=([^,$]+))?,sk=([^,$]+)\$([^$]+)\$([^$]+)$/;

/** Supabase keeps the Firebase hashes of users who moved from there, with the parameters of the project. */
function hashOf(text: string | undefined): string | undefined {
  const [whole, memCost, rounds, separator = '', signerKey = '', salt = '', hash = ''] =
    FIREBASE.exec(text ?? '') ?? [];
  if (whole === undefined) return text;
  const config = {
    ...{ memCost: Number(memCost), rounds: Number(rounds) },
    ...{ signerKey: Buffer.from(signerKey, 'base64'), saltSeparator: Buffer.from(separator, 'base64') },
  };
  const read = firebaseHash(config, hash, salt);
  if ('refused' in read) throw new RefusedRow(`encrypted_password: ${read.refused}`);
  return read.text;
}

/** Today `confirmed_at` is the earlier one of the confirmations of address and phone. */
function olderName(hasToday: boolean): string[] {
  return hasToday ? [] : ['confirmed_at'];
}

/** Whether a ban lasts: until a moment to come, or one that can't be read, such as `infinity`. */
export function endsLater(end: unknown, now: number): boolean {
  if (end === undefined) return false;
  const read = readTime(end);
  return 'refused' in read || read.time > now;
}
