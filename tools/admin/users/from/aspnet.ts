import { type ForeignRecord, fullName, inUtc, rowOf } from './foreign-record.ts';
import type { Source } from './source.ts';
import { endsLater } from './supabase.ts';

/** The table `AspNetUsers` of ASP.NET Core Identity, and of its predecessor. */
export const aspnet: Source = {
  formats: ['csv', 'json'],
  needs: [['Email'], ['PasswordHash']],
  reads: ['Id', 'FirstName', 'LastName', 'UserName', 'EmailConfirmed', 'LockoutEnd', 'LockoutEndDateUtc'],
  read: (record, { now }) =>
    rowOf({
      email: record.text('Email'),
      names: [
        record.text('FullName', 'Name', 'DisplayName'),
        fullName(record.text('FirstName'), record.text('LastName')),
        record.text('UserName'),
      ],
      passwordHash: record.text('PasswordHash'),
      verified: record.flag('EmailConfirmed'),
      disabled: isLockedOut(record, now),
      id: record.text('Id'),
    }),
};

function isLockedOut(record: ForeignRecord, now: number): boolean {
  return endsLater(inUtc(record.value('LockoutEnd', 'LockoutEndDateUtc')), now);
}
