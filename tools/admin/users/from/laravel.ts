import { digestOr } from './digest.ts';
import { fullName, inUtc, isUuid, rowOf } from './foreign-record.ts';
import type { Source } from './source.ts';

/** The table `users` of Laravel. Its times are those of the application, which are UTC unless somebody changed that. */
export const laravel: Source = {
  formats: ['csv', 'json'],
  needs: [['email'], ['password']],
  reads: ['id', 'uuid', 'name', 'username', 'email_verified_at', 'created_at'],
  read(record, settings) {
    return rowOf({
      email: record.text('email'),
      names: [
        record.text('name', 'full_name'),
        fullName(record.text('first_name'), record.text('last_name')),
        record.text('username'),
      ],
      passwordHash: digestOr(record.text('password'), record, settings),
      verified: record.value('email_verified_at') !== undefined,
      createdAt: inUtc(record.value('created_at')),
      id: [record.text('id'), record.text('uuid')].find((id) => id !== undefined && isUuid(id)),
    });
  },
};
