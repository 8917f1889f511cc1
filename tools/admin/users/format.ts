// What the commands print about users.
import type { User } from '../../../lib/core/account.ts';
import type { Lock } from '../../../lib/core/account-lock.ts';
import type { ListedFactor } from '../../../lib/core/factors.ts';
import type { ImportCounts, ImportRefusal } from '../../../lib/core/import-users.ts';
import { readHash } from '../../../lib/passwords/read-hash.ts';
import type { SecretForm } from './factors.ts';
import type { FileCounts } from './import-file.ts';

/** One line of `list`. */
export function listed(user: Pick<User, 'userId' | 'email' | 'status' | 'createdAt'>, json: boolean): string {
  const { userId, email, status } = user;
  const createdAt = written(user.createdAt);
  if (json) return JSON.stringify({ userId, email, status, createdAt });
  return `${userId}  ${createdAt}  ${status.padEnd(8)}  ${email}`;
}

/** What a report calls a hash, by its scheme and cost. */
export function kindOf(passwordHash: string): string {
  const reading = readHash(passwordHash);
  return 'refused' in reading ? `unusable: ${reading.refused}` : reading.kind;
}

/** A time, the word `reset`, or `null` where nothing is locked. */
function lockEnd({ lockedUntil }: Lock): string | null {
  if (lockedUntil === undefined || lockedUntil === 'reset') return lockedUntil ?? null;
  return written(lockedUntil);
}

/** Everything about a user but the hash: of that, the form and the cost. */
export function details(known: Known, json: boolean): string {
  const shown = shownOf(known);
  return json ? JSON.stringify(shown) : forPeople(shown);
}

type Known = {
  user: User;
  lock: Lock;
  /** The change of address that waits to be confirmed. */
  change: { newEmail: string; expiresAt: number } | undefined;
  factors: readonly ListedFactor[];
  recoveryCodesLeft: number | null;
};

const shownOf = ({ user: { passwordHash, ...user }, lock, change, factors, recoveryCodesLeft }: Known) => ({
  userId: user.userId,
  email: user.email,
  name: user.name,
  bio: user.bio,
  status: user.status,
  emailVerified: user.emailVerified ?? false,
  roles: user.roles ?? [],
  password: passwordHash === undefined ? null : kindOf(passwordHash),
  emailChange: change ? `to ${change.newEmail} until ${written(change.expiresAt)}` : null,
  heldEmails: (user.heldEmails ?? []).map(({ email, until }) => `${email} until ${written(until)}`),
  passwordChangedAt: user.passwordChangedAt === undefined ? null : written(user.passwordChangedAt),
  totp: user.totp ?? false,
  ...(user.factorsRemovedAt && { factorsRemovedAt: written(user.factorsRemovedAt) }),
  passkeys: user.passkeys ?? 0,
  factors: factors.map(({ createdAt, lastUsedAt, ...factor }) => ({
    ...factor,
    createdAt: written(createdAt),
    lastUsedAt: lastUsedAt === null ? null : written(lastUsedAt),
  })),
  recoveryCodesLeft,
  failedLogIns: lock.failures,
  lockedUntil: lockEnd(lock),
  mailRefused: user.mailRefused ?? null,
  ...(user.mailRefusedUntil && { mailRefusedUntil: written(user.mailRefusedUntil) }),
  credentialVersion: user.credentialVersion,
  createdAt: written(user.createdAt),
});

type Shown = ReturnType<typeof shownOf>;

function forPeople(shown: Shown): string {
  const said = {
    ...shown,
    emailVerified: yesOrNo(shown.emailVerified),
    roles: shown.roles.join(' ') || 'none',
    totp: yesOrNo(shown.totp),
    factors: shown.factors.map(factorInWords).join('; ') || 'none',
    recoveryCodesLeft: shown.recoveryCodesLeft ?? 'none',
    emailChange: shown.emailChange ?? 'none',
    heldEmails: shown.heldEmails.join(', ') || 'none',
    passwordChangedAt: shown.passwordChangedAt ?? 'never',
    password: shown.password ?? 'none: the owner can get in only by a reset',
    lockedUntil: shown.lockedUntil === null ? 'not locked' : `${shown.lockedUntil} (\`unlock\` removes it)`,
    mailRefused: shown.mailRefused === null ? 'no' : `${shown.mailRefused} (\`allow-mail\` removes it)`,
  };
  return Object.entries(said)
    .map(([name, value]) => `${name.padEnd(18)}${printable(value)}`)
    .join('\n');
}

function factorInWords({ type, name, createdAt, lastUsedAt }: Shown['factors'][number]): string {
  const called = name === null ? '' : ` "${name}"`;
  return `${type}${called} since ${createdAt}, ${lastUsedAt === null ? 'not used yet' : `last used ${lastUsedAt}`}`;
}

const yesOrNo = (yes: boolean) => (yes ? 'yes' : 'no');

/** Damaged rows are shown as well, since those are the ones that operators need to see. */
function written(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `damaged: ${time}` : date.toISOString();
}

/** People choose their names and bios, so control characters, which could rewrite the operator's terminal, are escaped. */
function printable(value: string | number | null): string {
  return String(value ?? '–').replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** What `roles` prints. */
export function rolesSentence(email: string, roles: readonly string[]): string {
  return `${email} has ${roles.length === 0 ? 'no roles' : `the roles ${roles.join(' ')}`}.`;
}

/** What `export` says of a user whose factors it can't write. */
export function leftOutSentence(userId: string): string {
  return `Left out: the second factors of user ${userId} changed while they were read, or are damaged. Export once more.`;
}

/** What `export` says at its end. @param secrets how many of the users have an authenticator app */
export function exportSentence(users: number, secrets: number, form: SecretForm): string {
  const said = `${users.toLocaleString('en')} users with their hashes: protect the file as you protect the tables.`;
  if (secrets === 0) return said;
  const apps = `the secrets of ${secrets.toLocaleString('en')} authenticator ${secrets === 1 ? 'app' : 'apps'}`;
  const about = {
    sealed: `Only this stage can open ${apps}; for another one, export with --factor-key.`,
    encrypted: `Whoever also has the key can read ${apps}: keep the key and the file apart.`,
    plain: `The file has ${apps} in plain text: delete it as soon as they are imported.`,
  }[form];
  return `${said}\n${about}`;
}

/** Why a row isn't imported. */
export function refusalSentence(refusal: ImportRefusal): string {
  switch (refusal.why) {
    case 'unreadable':
      return refusal.reason;
    case 'repeated':
      return `the ${refusal.what} is that of line ${refusal.line}.`;
    case 'address-taken':
      return `the address belongs to user ${refusal.owner} already.`;
    case 'user-id-taken':
      return 'the user id belongs to another address already.';
    case 'passkey-taken':
      return 'another account has one of the passkeys already.';
    case 'deleted':
      return `this account was deleted here on ${written(refusal.at)}; --include-deleted imports it anyway.`;
  }
}

/** `, 3 left out (2 without an address, 1 deleted there)`, or nothing. */
function leftOut({ withoutAddress, deleted }: FileCounts): string {
  const reasons = [
    ...(withoutAddress > 0 ? [`${withoutAddress.toLocaleString('en')} without an email address`] : []),
    ...(deleted > 0 ? [`${deleted.toLocaleString('en')} deleted there`] : []),
  ];
  const count = withoutAddress + deleted;
  return count === 0 ? '' : `, ${count.toLocaleString('en')} left out (${reasons.join(', ')})`;
}

/** A warning of how long wrapping plain digests will take. */
export function wrapping(digests: number): string {
  const minutes = Math.ceil((digests * 20) / 60_000);
  return `${digests.toLocaleString('en')} plain ${digests === 1 ? 'digest gets' : 'digests get'} wrapped in Argon2id. That takes about 20 ms of processor time each, ${minutes.toLocaleString('en')} ${minutes === 1 ? 'minute' : 'minutes'} in all.`;
}

/** The result of an import. */
export function summary(counts: ImportCounts, found: FileCounts, dryRun: boolean): string {
  const amount = (count: number) => count.toLocaleString('en');
  const { imported, before, refused, mailed, hashes } = counts;
  const sentences = [
    `${amount(found.rows)} rows: ${amount(imported)} ${dryRun ? 'would be imported' : 'imported'}, ` +
      `${amount(before)} existed before, ${amount(refused)} refused${leftOut(found)}.`,
  ];
  if (found.hashesLeft > 0)
    sentences.push(
      `${amount(found.hashesLeft)} of the hashes in the other file belong to none of these users.`,
    );
  if (mailed > 0)
    sentences.push(
      `${amount(mailed)} without a hash ${dryRun ? 'would get' : 'get'} an email to set a password.`,
    );
  if (hashes.size > 0) {
    const each = [...hashes].sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }));
    sentences.push(`Hashes: ${each.map(([kind, count]) => `${kind}: ${amount(count)}`).join('; ')}.`);
  }
  return sentences.join('\n');
}
