// Exports of other systems, as those systems write them.
import { readFileSync } from 'node:fs';
import { root } from '../../tools/folders.ts';

export type Vector = {
  scheme: string;
  password: string;
  hash: string;
  salt?: string;
  pepper?: string;
  rule?: string;
  credentialData?: string;
  secretData?: string;
  config?: { signerKey: string; saltSeparator: string; rounds: number; memCost: number };
};

const vectors: Vector[] = JSON.parse(readFileSync(`${root}test/vectors/password-hashes.json`, 'utf8'));

/** A hash that its own system made. @param nth of those of the scheme */
export function vector(scheme: string, nth = 0): Vector {
  const found = vectors.filter((one) => one.scheme === scheme)[nth];
  if (found === undefined) throw new Error(`There is no vector of ${scheme}.`);
  return found;
}

export type ExportedPerson = {
  nth: number;
  id: string;
  first: string;
  last: string;
  /** Absent in every tenth row. */
  email: string | undefined;
  verified: boolean;
  disabled: boolean;
  createdAt: number;
};

export function people(count: number): ExportedPerson[] {
  return Array.from({ length: count }, (_, nth) => ({
    nth,
    id: `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`,
    first: nth % 5 === 0 ? 'Zoë "Z"' : 'Ada',
    last: `Nº${nth}, Jr`,
    email: nth % 10 === 9 ? undefined : `User${nth}@Example.com`,
    verified: nth % 3 === 0,
    disabled: nth % 7 === 0,
    createdAt: Date.UTC(2024, 4, 1, 12, 34, 56) + nth * 1000,
  }));
}

export type Export = {
  content: string;
  ending: string;
  /** The content of the file that an option names. */
  beside?: { option: string; content: string };
  vector: Vector | undefined;
  /** What the system doesn't know of its users. */
  without?: readonly ('verified' | 'disabled' | 'id' | 'createdAt')[];
};

/** How PostgreSQL and others quote: where there is need. */
function csv(rows: readonly unknown[][], end = '\n'): string {
  const cell = (value: unknown) => {
    const text = String(value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(cell).join(',') + end).join('');
}

/** How phpMyAdmin and HeidiSQL quote: everything but NULL. */
function quotedCsv(rows: readonly unknown[][]): string {
  const cell = (value: unknown) =>
    value === undefined ? 'NULL' : `"${String(value).replaceAll('"', '""')}"`;
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

const utc = (time: number) => new Date(time).toISOString();
const sqlTime = (time: number) => utc(time).slice(0, 19).replace('T', ' ');
const postgresTime = (time: number) => `${sqlTime(time)}.112025+00`;

export const exportsOf: Record<string, (all: readonly ExportedPerson[]) => Export> = {
  auth0(all) {
    const hash = vector('bcrypt', 1);
    const oid = (nth: number) => nth.toString(16).padStart(24, '0');
    const profiles = all.map(({ nth, first, last, email, verified, disabled, createdAt }) =>
      JSON.stringify({
        ...{
          user_id: `auth0|${oid(nth)}`,
          email,
          email_verified: verified,
          given_name: first,
          family_name: last,
        },
        ...{ nickname: `user${nth}`, created_at: utc(createdAt), ...(disabled && { blocked: true }) },
        identities: [{ connection: 'Username-Password-Authentication', provider: 'auth0', isSocial: false }],
      }),
    );
    const hashes = all.map(({ nth, email, verified }) =>
      JSON.stringify({
        ...{ _id: { $oid: oid(nth) }, email_verified: verified, email, passwordHash: hash.hash },
        ...{ password_set_date: { $date: '2019-12-06T18:36:12.412Z' }, tenant: 'example' },
        ...{ connection: 'Username-Password-Authentication', _tmp_is_unique: true },
      }),
    );
    return {
      ...{ content: `${profiles.join('\n')}\n`, ending: '.json', vector: hash, without: ['id'] },
      beside: { option: 'passwords', content: `${hashes.join('\n')}\n` },
    };
  },

  firebase(all) {
    const { hash, salt, config } = vector('Firebase scrypt');
    const users = all.map(({ nth, first, last, email, verified, disabled, createdAt }) =>
      JSON.stringify(
        {
          ...{ localId: `uid${nth}`, email, emailVerified: verified, passwordHash: hash, salt },
          ...{
            displayName: `${first} ${last}`,
            lastSignedInAt: '1714566896000',
            createdAt: String(createdAt),
          },
          ...{ disabled, providerUserInfo: [] },
        },
        null,
        2,
      ),
    );
    return {
      ...{
        content: `{"users": [\n${users.join(',\n')}]}`,
        ending: '.json',
        vector: vector('Firebase scrypt'),
      },
      ...{ without: ['id'], beside: { option: 'firebaseConfig', content: firebaseConfig(config) } },
    };
  },

  'firebase as CSV': (all) => {
    const { hash, salt, config } = vector('Firebase scrypt');
    const lines = all.map(({ nth, last, email = '', verified, disabled, createdAt }) => {
      const values = new Array(28).fill('');
      // A name without quotes; firebase-tools writes quotes around it for its comma.
      values.splice(0, 7, `uid${nth}`, email, verified, hash, salt, `"Ada ${last}"`, '');
      values.splice(23, 4, createdAt, 1_714_566_896_000, '', disabled);
      return `${values.join(',')},`;
    });
    return {
      ...{
        content: `${lines.join('\n')}\n`,
        ending: '.csv',
        vector: vector('Firebase scrypt'),
        without: ['id'],
      },
      beside: { option: 'firebaseConfig', content: firebaseConfig(config) },
    };
  },

  cognito(all) {
    const Users = all.map(({ nth, id, first, last, email, verified, disabled, createdAt }) => ({
      ...{
        Username: nth % 2 ? id : `user${nth}`,
        UserCreateDate: utc(createdAt).replace('.000Z', '.789000+00:00'),
      },
      ...{ Enabled: !disabled, UserStatus: 'CONFIRMED' },
      Attributes: [
        { Name: 'sub', Value: id },
        { Name: 'email_verified', Value: String(verified) },
        { Name: 'given_name', Value: first },
        { Name: 'family_name', Value: last },
        ...(email ? [{ Name: 'email', Value: email }] : [{ Name: 'phone_number', Value: '+15550100' }]),
      ],
    }));
    return { content: `${JSON.stringify({ Users }, null, 4)}\n`, ending: '.json', vector: undefined };
  },

  'cognito as CSV': (all) => ({
    content: csv([
      'cognito:username,name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,cognito:mfa_enabled'.split(
        ',',
      ),
      ...all.map(({ nth, first, last, email, verified }) => [
        ...[`user${nth}`, '', first, last, '', '', '', '', '', '', email, verified ? 'TRUE' : 'FALSE'],
        ...['', '', '', '', '', 'FALSE', '', '', 'FALSE'],
      ]),
    ]),
    ...{ ending: '.csv', vector: undefined, without: ['id', 'disabled', 'createdAt'] },
  }),

  supabase: (all) => ({
    content: csv([
      'instance_id,id,aud,role,email,encrypted_password,email_confirmed_at,invited_at,last_sign_in_at,raw_app_meta_data,raw_user_meta_data,is_super_admin,created_at,updated_at,phone,confirmed_at,banned_until,is_sso_user,deleted_at,is_anonymous'.split(
        ',',
      ),
      ...all.map(({ id, first, last, email, verified, disabled, createdAt }) => [
        ...['00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated', email],
        ...[vector('bcrypt').hash, verified ? postgresTime(createdAt) : '', '', postgresTime(createdAt)],
        ...[
          '{"provider": "email", "providers": ["email"]}',
          JSON.stringify({ full_name: `${first} ${last}` }),
        ],
        ...[
          '',
          postgresTime(createdAt),
          postgresTime(createdAt),
          '',
          verified ? postgresTime(createdAt) : '',
        ],
        ...[disabled ? '2124-03-01 10:00:00.5+00' : '2024-03-01 10:00:00+00', 'f', '', 'f'],
      ]),
    ]),
    ...{ ending: '.csv', vector: vector('bcrypt') },
  }),

  keycloak(all) {
    const { credentialData, secretData } = vector('Keycloak', 1);
    const users = all.map(({ nth, id, first, last, email, verified, disabled, createdAt }) => ({
      ...{ id, username: `user${nth}`, firstName: first, lastName: last, ...(email && { email }) },
      ...{ emailVerified: verified, createdTimestamp: createdAt, enabled: !disabled, totp: false },
      credentials: [
        {
          id,
          type: 'password',
          userLabel: 'My password',
          createdDate: createdAt,
          secretData,
          credentialData,
        },
      ],
      ...{
        disableableCredentialTypes: [],
        requiredActions: [],
        realmRoles: ['default-roles-x'],
        notBefore: 0,
      },
    }));
    const realm = { id: 'x', realm: 'example', enabled: true, roles: { realm: [] }, users, clients: [] };
    return { content: JSON.stringify(realm, null, 2), ending: '.json', vector: vector('Keycloak', 1) };
  },

  django: (all) => ({
    content: csv([
      'id,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined'.split(
        ',',
      ),
      ...all.map(({ nth, first, last, email, disabled, createdAt }) => [
        ...[nth + 1, vector('Django pbkdf2_sha256').hash, '', 'f', `user${nth}`, first, last, email, 'f'],
        ...[disabled ? 'f' : 't', postgresTime(createdAt)],
      ]),
    ]),
    ...{ ending: '.csv', vector: vector('Django pbkdf2_sha256'), without: ['id', 'verified'] },
  }),

  'django as dumpdata': (all) => ({
    content: JSON.stringify([
      { model: 'contenttypes.contenttype', pk: 1, fields: { app_label: 'auth', model: 'user' } },
      ...all.map(({ nth, first, last, email = '', disabled, createdAt }) => ({
        ...{ model: 'auth.user', pk: nth + 1 },
        fields: {
          ...{
            password: vector('Django scrypt').hash,
            last_login: null,
            is_superuser: false,
            username: `u${nth}`,
          },
          ...{ first_name: first, last_name: last, email, is_staff: false, is_active: !disabled },
          ...{ date_joined: utc(createdAt), groups: [], user_permissions: [] },
        },
      })),
    ]),
    ...{ ending: '.json', vector: vector('Django scrypt'), without: ['id', 'verified'] },
  }),

  wordpress: (all) => ({
    content: quotedCsv([
      'ID,user_login,user_pass,user_nicename,user_email,user_url,user_registered,user_activation_key,user_status,display_name'.split(
        ',',
      ),
      ...all.map(({ nth, first, last, email = '', disabled, createdAt }) => [
        ...[
          nth + 1,
          `user${nth}`,
          vector('WordPress $wp$').hash,
          `user${nth}`,
          email,
          '',
          sqlTime(createdAt),
          '',
        ],
        ...[disabled ? 1 : 0, `${first} ${last}`],
      ]),
    ]),
    ...{ ending: '.csv', vector: vector('WordPress $wp$'), without: ['id', 'verified'] },
  }),

  laravel: (all) => ({
    content: quotedCsv([
      'id,name,email,email_verified_at,password,remember_token,created_at,updated_at'.split(','),
      ...all.map(({ nth, first, last, email, verified, createdAt }) => [
        ...[
          nth + 1,
          `${first} ${last}`,
          email,
          verified ? sqlTime(createdAt) : undefined,
          vector('bcrypt').hash,
        ],
        ...[undefined, sqlTime(createdAt), sqlTime(createdAt)],
      ]),
    ]),
    ...{ ending: '.csv', vector: vector('bcrypt'), without: ['id', 'disabled'] },
  }),

  devise(all) {
    const { hash, pepper = '' } = vector('Devise with a pepper');
    return {
      content: csv([
        'id,email,encrypted_password,reset_password_token,reset_password_sent_at,remember_created_at,confirmed_at,locked_at,first_name,last_name,created_at,updated_at'.split(
          ',',
        ),
        ...all.map(({ nth, first, last, email, verified, disabled, createdAt }) => [
          ...[nth + 1, email, hash, '', '', '', verified ? `${sqlTime(createdAt)}.123456` : ''],
          ...[disabled ? sqlTime(createdAt) : '', first, last, `${sqlTime(createdAt)}.123456`, ''],
        ]),
      ]),
      ...{ ending: '.csv', vector: vector('Devise with a pepper'), without: ['id'] },
      beside: { option: 'pepperFile', content: `${pepper}\n` },
    };
  },

  aspnet: (all) => ({
    content: csv(
      [
        'Id,UserName,NormalizedUserName,Email,NormalizedEmail,EmailConfirmed,PasswordHash,SecurityStamp,ConcurrencyStamp,PhoneNumber,PhoneNumberConfirmed,TwoFactorEnabled,LockoutEnd,LockoutEnabled,AccessFailedCount'.split(
          ',',
        ),
        ...all.map(({ nth, id, first, last, email, verified, disabled }) => [
          ...[
            id.toUpperCase(),
            `${first} ${last}`,
            `USER${nth}`,
            email,
            email?.toUpperCase(),
            verified ? 1 : 0,
          ],
          ...[vector('ASP.NET Identity v3', 2).hash, 'STAMP', id, 'NULL', 0, 0],
          ...[disabled ? '9999-12-31 23:59:59.9999999 +00:00' : 'NULL', 1, 0],
        ]),
      ],
      '\r\n',
    ),
    ...{ ending: '.csv', vector: vector('ASP.NET Identity v3', 2), without: ['createdAt'] },
  }),
};

export function firebaseConfig(config: Vector['config']): string {
  return `hash_config {
  algorithm: SCRYPT,
  base64_signer_key: ${config?.signerKey},
  base64_salt_separator: ${config?.saltSeparator},
  rounds: ${config?.rounds},
  mem_cost: ${config?.memCost},
}
`;
}
