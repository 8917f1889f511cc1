// `npm run users`: the accounts of the local stack, or with `--stage prod` (and `--region`, `--aws-profile`) of a stage
// that is deployed. Speaks to DynamoDB with the caller's own credentials: there is no API for this. It parses, calls the
// use-cases of lib/core and prints; docs/administration.md shows each command at work.
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { User } from '../../lib/core/account.ts';
import { lockOf, unlockAccount } from '../../lib/core/account-lock.ts';
import { MAX_SHOWN } from '../../lib/core/activity.ts';
import {
  allowMail,
  deleteAccount,
  disableAccount,
  enableAccount,
  endEverybodysSessions,
  endSession,
  endSessions,
  findUser,
  RefusedRoles,
  RowsDisagree,
  setRoles,
  verifyEmail,
} from '../../lib/core/administer-account.ts';
import { both } from '../../lib/core/both.ts';
import { type ImportCounts, type ImportRow, importUsers } from '../../lib/core/import-users.ts';
import { pendingChange } from '../../lib/core/pending-change.ts';
import { ProblemError } from '../../lib/core/problem.ts';
import { removeAllFactors } from '../../lib/core/remove-factors.ts';
import { startReset } from '../../lib/core/start-reset.ts';
import { accountAdministration } from '../../lib/dynamodb/account-administration.ts';
import { activityStore } from '../../lib/dynamodb/activity.ts';
import { factorList } from '../../lib/dynamodb/factor-list.ts';
import { factorRemoval } from '../../lib/dynamodb/factor-removal.ts';
import { importStore } from '../../lib/dynamodb/import-store.ts';
import { mailRequestStore } from '../../lib/dynamodb/mail-requests.ts';
import { sessionStore } from '../../lib/dynamodb/sessions.ts';
import { allFactors } from '../../lib/dynamodb/stored-factors.ts';
import { throttleStore } from '../../lib/dynamodb/throttles.ts';
import { tombstoneStore } from '../../lib/dynamodb/tombstones.ts';
import { userStore } from '../../lib/dynamodb/users.ts';
import { totpSealing } from '../../lib/tokens/totp-sealing.ts';
import { typed } from '../folders.ts';
import { awsSentence } from './command-line/aws-sentence.ts';
import { sayDamaged } from './command-line/damaged-rows.ts';
import { OperatorError } from './command-line/operator-error.ts';
import { openPlace, type Place, type PlaceOptions } from './command-line/place.ts';
import { checkPlace, program, run, UsageError, withPlace } from './command-line/run.ts';
import { activityLine } from './users/activity.ts';
import { passwordFromInput, passwordMatches } from './users/check-password.ts';
import { exportedLines } from './users/export.ts';
import { existingFactorKey, newFactorKey } from './users/factor-key.ts';
import {
  details,
  exportSentence,
  kindOf,
  leftOutSentence,
  listed,
  refusalSentence,
  rolesSentence,
  summary,
  wrapping,
} from './users/format.ts';
import { sources } from './users/from/sources.ts';
import { type FileOptions, openImportFile } from './users/import-file.ts';
import { accountsOf } from './users/row.ts';

/** The author of changes by these commands, in the activity of accounts. */
const BY = 'operator';
const NAME = typed('users');
const main = program(NAME, 'Manages the accounts of the local stack or of a deployed stage.');
let place: Place | undefined;
/** How long the row of a notice is kept until it is sent. */
const FACTOR_NOTICE_MS = 24 * 60 * 60 * 1000;

/** Whether a table accepts a text as a key. */
const SESSION_ID = /^[0-9a-f-]{36}$/;

type Deps = ReturnType<typeof depsOf>;

function depsOf({ database }: Place) {
  return {
    users: userStore(database),
    sessions: sessionStore(database),
    mailRequests: mailRequestStore(database),
    accounts: accountAdministration(database, sayDamaged),
    tombstones: tombstoneStore(database),
    store: throttleStore(database),
    factors: factorRemoval(database),
    listed: factorList(database, sayDamaged),
    allFactors: () => allFactors(database, sayDamaged),
    activity: activityStore(database, sayDamaged),
    tagLifetime: FACTOR_NOTICE_MS,
    clock: Date.now,
    pause: (ms: number) => pause(ms),
  };
}

async function open(options: PlaceOptions): Promise<{ place: Place; deps: Deps }> {
  checkPlace(options);
  place = await openPlace(options);
  return { place, deps: depsOf(place) };
}

function command(usage: string, description: string): Command {
  return withPlace(main.command(usage)).description(description);
}

/** A command about one user. @param act returns the sentence to print */
function userCommand(
  name: string,
  description: string,
  act: (deps: Deps, user: User) => Promise<string>,
): void {
  command(`${name} [email|userId]`, description).action(async (given: string | undefined, options) => {
    if (!given) throw new UsageError(`Which user? \`${name}\` takes an email address or a user id.`);
    const { deps } = await open(options);
    await say(await act(deps, await find(deps, given)));
  });
}

async function find({ users }: Deps, given: string): Promise<User> {
  try {
    return await findUser(users, given);
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.code !== 'unknown-user') throw error;
    throw new OperatorError(`No user has this ${given.includes('@') ? 'email address' : 'user id'}.`);
  }
}

command('list', 'prints one line per user')
  .option('--json', 'prints one JSON object per line')
  .action(async (options) => {
    const { deps } = await open(options);
    for await (const user of deps.accounts.all(['userId', 'email', 'status', 'createdAt']))
      await say(listed(user, options.json === true));
  });

command(
  'show [email|userId]',
  'shows everything about a user except the hash, and whether log-in is locked or email blocked',
)
  .option('--json', 'prints a JSON object')
  .action(async (given: string | undefined, options) => {
    if (!given) throw new UsageError('Which user? `show` takes an email address or a user id.');
    const { deps } = await open(options);
    const user = await find(deps, given);
    const [lock, factors] = await both(lockOf(deps, user), deps.listed.list(user.userId));
    const change = await pendingChange(deps.mailRequests, user, deps.clock());
    await say(details({ user, lock, change, ...factors }, options.json === true));
  });

command('activity [email|userId]', 'shows the last 50 events of a user, newest first, and who caused each')
  .option('--json', 'prints one JSON object per line')
  .action(async (given: string | undefined, options) => {
    if (!given) throw new UsageError('Which user? `activity` takes an email address or a user id.');
    const { deps } = await open(options);
    const { userId } = await find(deps, given);
    for (const happened of await deps.activity.latest(userId, MAX_SHOWN))
      await say(activityLine(happened, options.json === true));
  });

userCommand('disable', 'locks a user out and ends all sessions, at once', async (deps, user) => {
  const done = await disableAccount(deps.accounts, user.userId, BY);
  return `${user.email} ${done ? 'is disabled, and all sessions have ended' : 'was disabled already'}.`;
});

userCommand('enable', 'lets a disabled user log in again', async (deps, user) => {
  const done = await enableAccount(deps.accounts, user.userId, BY);
  return `${user.email} ${done ? 'can log in again' : 'was not disabled'}.`;
});

userCommand('unlock', 'clears the failed log-ins of a user, which removes the lock', async (deps, user) => {
  const done = await unlockAccount(deps, user);
  return `${user.email} ${done ? 'is no longer locked' : 'was not locked'}.`;
});

userCommand(
  'allow-mail',
  'allows email to a user again after a bounce or a complaint',
  async (deps, user) => {
    const done = await allowMail(deps.accounts, user.userId);
    return `${user.email} ${done ? 'gets email again' : 'was not blocked'}.`;
  },
);

userCommand(
  'remove-factors',
  'removes every second factor of a user who lost them, ends all sessions and emails the user',
  async (deps, user) => {
    const done = await removeAllFactors(deps, user.userId, BY);
    return `${user.email} ${done ? 'now logs in with the password alone; all sessions have ended, and the user gets an email' : 'had no second factor'}.`;
  },
);

userCommand('start-reset', 'mails a user a link to set a new password', async (deps, user) => {
  await startReset(deps, user);
  return `${user.email} gets an email with a link to set a new password, unless the user is disabled or has had five in this hour.`;
});

userCommand('verify', 'marks the address of a user as verified', async (deps, user) => {
  const done = await verifyEmail(deps.accounts, user, BY);
  return `${user.email} ${done ? 'is verified' : 'was verified already'}.`;
});

command(
  'roles [email|userId] [role...]',
  'replaces the roles of a user by these; without any, shows the roles',
)
  .option('--none', 'removes all roles')
  .action(async (given: string | undefined, roles: string[], { none = false, ...options }) => {
    if (!given) throw new UsageError('Which user? `roles` takes an email address or a user id.');
    if (none && roles.length > 0) throw new UsageError('Name roles or use --none, not both.');
    const { deps } = await open(options);
    const user = await find(deps, given);
    if (!none && roles.length === 0) return say(rolesSentence(user.email, user.roles ?? []));
    try {
      await setRoles(deps.accounts, user.userId, roles);
    } catch (error) {
      if (!(error instanceof RefusedRoles)) throw error;
      throw new OperatorError(error.message);
    }
    return say(rolesSentence(user.email, [...new Set(roles)]));
  });

command(
  'end-sessions [email|userId]',
  'ends all sessions of a user, one session, or the sessions of all users',
)
  .option('--session <sessionId>', 'ends only this session')
  .option('--all', 'ends the sessions of all users')
  .option('--yes', 'confirms --all')
  .action(async (given: string | undefined, { all, yes, session: sessionId, ...options }) => {
    if ((given === undefined) !== (all === true)) throw new UsageError('Name one user or use --all.');
    if (all && sessionId !== undefined)
      throw new UsageError('--session needs one user and cannot be combined with --all.');
    const { deps, place } = await open(options);
    if (given !== undefined) {
      const user = await find(deps, given);
      if (sessionId !== undefined) return endOne(deps, user, sessionId);
      await endSessions(deps.accounts, user.userId);
      return say(`All sessions of ${user.email} have ended.`);
    }
    if (!yes)
      throw new UsageError(`All users of ${place.name} would have to log in again: add --yes to confirm.`);
    const ended = await endEverybodysSessions(
      deps,
      reporter((done: number) => `${amount(done)} users`),
    );
    return say(`All sessions of ${amount(ended)} users have ended.`);
  });

userCommand(
  'delete',
  'deletes a user and frees the address; later imports will not bring the user back',
  async (deps, user) => {
    try {
      await deleteAccount(deps, user, BY);
    } catch (error) {
      if (!(error instanceof RowsDisagree)) throw error;
      throw new OperatorError(
        'Nothing was deleted: the row of the address belongs to another user id. Compare `show` of the address and of the user id.',
      );
    }
    return `${user.email} (${user.userId}) is deleted; all sessions have ended and mailed links no longer work.`;
  },
);

command('export', 'prints all users as JSON lines, with hashes and second factors')
  .option('--file <file>', 'writes them into a new file')
  .option(
    '--factor-key <file>',
    'encrypts the secrets of authenticator apps for another stage, with the key in this file; creates the file if it does not exist',
  )
  .option('--plain-secrets', 'writes the secrets of authenticator apps in plain text, for another system')
  .option('--without-deleted', 'leaves out users who were deleted here; for restored tables')
  .action(async ({ file, withoutDeleted, factorKey, plainSecrets, ...options }) => {
    if (factorKey !== undefined && plainSecrets)
      throw new UsageError('Give either --factor-key or --plain-secrets.');
    const { deps, place } = await open(options);
    const key = factorKey === undefined ? undefined : newFactorKey(factorKey);
    const secretForm = key ? 'encrypted' : plainSecrets ? 'plain' : 'sealed';
    const { lines, secrets, leftOut } = await exportedLines(
      { ...deps, secrets: { stage: totpSealing(place.stageKey), key } },
      { secretForm, tombstones: withoutDeleted ? deps.tombstones : undefined },
    );
    if (file === undefined) for (const line of lines) await write(line);
    else writeNew(file, lines.join(''));
    for (const userId of leftOut) console.error(leftOutSentence(userId));
    if (leftOut.length > 0) process.exitCode = 1;
    console.error(exportSentence(lines.length, secrets, secretForm));
  });

command('import [file]', 'imports the users of a .csv or .jsonl file, or of the export of another system')
  .option('--from <system>', `reads the export of ${Object.keys(sources).join(', ')}`)
  .option('--firebase-config <file>', "the text of the Firebase console's hash_config { … }")
  .option('--passwords <file>', "the file of hashes from Auth0's support")
  .option('--pepper-file <file>', "Devise's pepper")
  .option('--hash <formula>', "how plain digests were made, such as 'sha1(salt + password)'")
  .option('--no-mail', 'sends no email to users without a password hash')
  .option('--dry-run', 'checks every row and writes nothing')
  .option('--include-deleted', 'also imports users who were deleted here')
  .option('--factor-key <file>', 'the key with which an export encrypted the secrets of authenticator apps')
  .action(async (file: string | undefined, { mail, dryRun = false, includeDeleted = false, ...options }) => {
    if (!file) throw new UsageError('Which file? `import` takes a .csv or .jsonl file.');
    const began = Date.now();
    checkPlace(options);
    const source = await openImportFile(file, options as FileOptions, began);
    const { deps, place } = await open(options);
    const found = await source.count(); // a file that is unusable somewhere stops the import before it begins
    console.error(`${amount(found.rows)} rows of ${file} into ${place.name}${dryRun ? ', as a trial' : ''}`);
    if (found.digests > 0 && !dryRun) console.error(wrapping(found.digests));
    const key = options.factorKey === undefined ? undefined : existingFactorKey(options.factorKey);
    const secrets = { stage: totpSealing(place.stageKey), key };
    const rows: AsyncIterable<ImportRow> = accountsOf(source.rows(), began, secrets);
    const counts = await importUsers({ ...deps, accounts: importStore(place.database) }, rows, {
      ...{ mails: mail, dryRun, includeDeleted, kindOf, now: began },
      onRefused: (line, refusal) => console.error(`line ${line}: ${refusalSentence(refusal)}`),
      onProgress: reporter(({ imported, before, refused }: ImportCounts) => {
        const done = imported + before + refused;
        return `${amount(done)} of ${amount(found.rows)} rows, ${amount(Math.round((done * 1000) / (Date.now() - began)))} a second`;
      }),
    });
    await say(summary(counts, found, dryRun));
    if (counts.refused > 0) process.exitCode = 1;
  });

command(
  'check [email|userId]',
  "says whether a password, read from standard input, matches a user's hash",
).action(async (given: string | undefined, options) => {
  if (!given) throw new UsageError('Which user? `check` takes an email address or a user id.');
  const { deps } = await open(options);
  const { passwordHash } = await find(deps, given);
  if (passwordHash === undefined)
    throw new OperatorError('This user has no password hash: the owner can get in only by a reset.');
  const password = await passwordFromInput(process.stdin);
  if (password === undefined) throw new OperatorError('Standard input contained no password.');
  const matches = await passwordMatches(password, passwordHash);
  if (typeof matches === 'object')
    throw new OperatorError(`The stored hash can't be verified: ${matches.refused}`);
  await say(matches ? 'The password matches.' : "The password doesn't match.");
  if (!matches) process.exitCode = 1;
});

// `npm run users -- list | head` closes the pipe early, which isn't an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

await run(NAME, main, (error) => (place === undefined ? awsSentence(error) : place.explain(error)));

async function endOne(deps: Deps, { userId, email }: User, sessionId: string): Promise<void> {
  const key = { userId, sessionId: sessionId.trim().toLowerCase() };
  const known = SESSION_ID.test(key.sessionId) && (await endSession(deps, key, BY));
  if (!known) throw new OperatorError('This user has no such session.');
  await say(`This session of ${email} has ended.`);
}

/** Readable only by its owner, and never overwrites another export. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new OperatorError(`There is no folder for ${file}.`);
  }
}

/** Waits until the text is written, so that a table of any size can be piped into a slow program. */
function write(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

function say(sentence: string): Promise<void> {
  return write(`${sentence}\n`);
}

/** Reports progress on stderr, every two seconds. */
function reporter<T>(words: (state: T) => string): (state: T) => void {
  let last = Date.now();
  return (state) => {
    if (Date.now() - last < 2_000) return;
    last = Date.now();
    console.error(words(state));
  };
}

function amount(count: number): string {
  return count.toLocaleString('en');
}
