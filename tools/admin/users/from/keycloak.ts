import { keycloakHash } from '../../../../lib/passwords/schemes/keycloak.ts';
import { isObject } from '../json.ts';
import { RefusedRow } from '../refused-row.ts';
import { UnusableFile } from '../text.ts';
import { type ForeignRecord, fullName, LeftOut, rowOf } from './foreign-record.ts';
import type { Source } from './source.ts';

/** `kc.sh export --users realm_file` or `different_files`. @see https://www.keycloak.org/server/importExport */
export const keycloak: Source = {
  formats: ['json'],
  needs: [['username']],
  member: 'users',
  flatten(object) {
    if ('realm' in object)
      throw new UnusableFile('This file has several realms: export one realm, with its users.');
    return object;
  },
  read(record) {
    if (record.value('serviceAccountClientId') !== undefined) return new LeftOut('no-address');
    return rowOf({
      email: record.text('email'),
      names: [fullName(record.text('firstName'), record.text('lastName')), record.text('username')],
      passwordHash: record.text('email') && hashOf(record),
      verified: record.flag('emailVerified'),
      disabled: record.flag('enabled') === false,
      createdAt: record.value('createdTimestamp'),
      id: record.text('id'),
    });
  },
};

function hashOf(record: ForeignRecord): string | undefined {
  const credentials = record.value('credentials');
  const password = Array.isArray(credentials)
    ? credentials.find((one): one is Record<string, unknown> => isObject(one) && one.type === 'password')
    : undefined;
  if (password === undefined) return undefined;
  const { credentialData, secretData } = 'secretData' in password ? password : oldCredential(password);
  const read = keycloakHash(jsonOf(credentialData), jsonOf(secretData));
  if ('refused' in read) throw new RefusedRow(`credentials: ${read.refused}`);
  return read.text;
}

/** Up to version 8 a credential had all of it side by side. */
function oldCredential({
  hashedSaltedValue: value,
  salt,
  hashIterations,
  algorithm,
}: Record<string, unknown>) {
  return { credentialData: { hashIterations, algorithm }, secretData: { value, salt } };
}

function jsonOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? {});
}
