import { firebaseHash } from '../../../../lib/passwords/schemes/firebase.ts';
import { RefusedRow } from '../refused-row.ts';
import { UnusableFile } from '../text.ts';
import { type ForeignRecord, rowOf } from './foreign-record.ts';
import type { Settings, Source } from './source.ts';

/** `firebase auth:export users.json` or `users.csv`, of firebase-tools. @see https://firebase.google.com/docs/cli/auth */
export const firebase: Source = {
  formats: ['csv', 'json'],
  needs: [['localId']],
  member: 'users',
  headless: 'firebase',
  read: (record, settings) =>
    rowOf({
      email: record.text('email'),
      names: [record.text('displayName')],
      passwordHash: record.text('email') && hashOf(record, settings),
      verified: record.flag('emailVerified'),
      disabled: record.flag('disabled'),
      createdAt: record.value('createdAt'),
      id: record.text('localId'),
    }),
};

function hashOf(record: ForeignRecord, { firebase }: Settings): string | undefined {
  const hash = record.text('passwordHash');
  if (hash === undefined) return undefined;
  if (firebase === undefined)
    throw new UnusableFile(
      "This file has password hashes. They can't be verified without the project's parameters: name a file with them with --firebase-config.",
    );
  const read = firebaseHash(firebase, hash, record.text('salt') ?? '');
  if ('refused' in read) throw new RefusedRow(`passwordHash: ${read.refused}`);
  return read.text;
}
