// `npm run users`: the accounts of the local stack, or with `--stage prod` (and `--region`, `--aws-profile`) of a stage
// that is deployed. Speaks to DynamoDB with the caller's own credentials: there is no API for this.
// docs/administration.md shows each command at work.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deleteUser, disable, enable, endAllSessions, endSessions, findUser } from './users/accounts.ts';
import { exportedLines } from './users/export.ts';
import { rowsOf } from './users/file.ts';
import { details, listed, summary } from './users/format.ts';
import { type Counts, importRows } from './users/import.ts';
import { openPlace, type Place } from './users/place.ts';
import { usersWith } from './users/table.ts';

const usage = `Usage: npm run users -- <command>, and --stage <stage> for a deployed one (--region, --aws-profile)
  list [--json]                                 one line a user
  show <email|userId> [--json]                  all but the hash
  disable <email|userId>                        lets a user in nowhere and ends all sessions at once
  enable <email|userId>
  end-sessions <email|userId> | --all --yes     ends all sessions, of one user or of everybody
  delete <email|userId>                         deletes a user and frees the address
  export [--file <file.jsonl>]                  all users as JSON lines, hashes included
  import <file.csv|file.jsonl> [--no-mail] [--dry-run]`;

const options = {
  stage: { type: 'string' },
  region: { type: 'string' },
  'aws-profile': { type: 'string' },
  json: { type: 'boolean' },
  all: { type: 'boolean' },
  yes: { type: 'boolean' },
  file: { type: 'string' },
  'no-mail': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
} as const;

type Given = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];
type Command = {
  /** The one argument it takes; `user?`: or none. */
  takes?: 'user' | 'user?' | 'file';
  options?: readonly (keyof typeof options)[];
  run(place: Place, argument: string, given: Given): Promise<void>;
};

const commands: Record<string, Command> = {
  list: {
    options: ['json'],
    async run({ database }, _, { json }) {
      const shown = ['userId', 'email', 'status', 'createdAt'] as const;
      for await (const user of usersWith(database, shown)) await say(listed(user, json === true));
    },
  },
  show: {
    takes: 'user',
    options: ['json'],
    async run({ database }, who, { json }) {
      await say(details(await findUser(database, who), json === true));
    },
  },
  disable: {
    takes: 'user',
    async run({ database }, who) {
      const user = await findUser(database, who);
      const done = await disable(database, user);
      await say(
        `${user.email} ${done ? 'is disabled, and all sessions have ended' : 'was disabled already'}.`,
      );
    },
  },
  enable: {
    takes: 'user',
    async run({ database }, who) {
      const user = await findUser(database, who);
      const done = await enable(database, user);
      await say(`${user.email} ${done ? 'can log in again' : 'was not disabled'}.`);
    },
  },
  'end-sessions': {
    takes: 'user?',
    options: ['all', 'yes'],
    async run({ database, name }, who, { all, yes }) {
      if ((who === '') !== (all === true)) throw new UsageError('Name one user, or give --all.');
      if (all && !yes)
        throw new UsageError(`Everybody of ${name} would have to log in again: add --yes if that is meant.`);
      if (all) {
        const progress = reporter((done: number) => `${amount(done)} users`);
        const ended = await endAllSessions(database, progress);
        return say(`All sessions of ${amount(ended)} users have ended.`);
      }
      const user = await findUser(database, who);
      await endSessions(database, user);
      await say(`All sessions of ${user.email} have ended.`);
    },
  },
  delete: {
    takes: 'user',
    async run({ database }, who) {
      const user = await findUser(database, who);
      await deleteUser(database, user);
      await say(
        `${user.email} (${user.userId}) is deleted; sessions and mailed links died with the account.`,
      );
    },
  },
  export: {
    options: ['file'],
    async run({ database }, _, { file }) {
      const lines = await exportedLines(database);
      if (file === undefined) for (const line of lines) await write(line);
      // For the owner's eyes only, and never over another export.
      else writeFileSync(file, lines.join(''), { flag: 'wx', mode: 0o600 });
      console.error(`${amount(lines.length)} users, hashes included: keep the file as you keep the tables.`);
    },
  },
  import: {
    takes: 'file',
    options: ['no-mail', 'dry-run'],
    async run({ database, name }, file, { 'no-mail': noMail, 'dry-run': dryRun = false }) {
      let total = 0; // a file that is unusable somewhere stops the import before it begins
      for await (const _ of rowsOf(file)) total += 1;
      console.error(`${amount(total)} rows of ${file} into ${name}${dryRun ? ', as a trial' : ''}`);
      const began = Date.now();
      const counts = await importRows(database, rowsOf(file), {
        mails: !noMail,
        dryRun,
        now: began,
        onRefused: (line, reason) => console.error(`line ${line}: ${reason}`),
        onProgress: reporter(({ imported, before, refused }: Counts) => {
          const done = imported + before + refused;
          return `${amount(done)} of ${amount(total)} rows, ${amount(Math.round((done * 1000) / (Date.now() - began)))} a second`;
        }),
      });
      await say(summary(counts, dryRun));
      if (counts.refused > 0) process.exitCode = 1;
    },
  },
};

class UsageError extends Error {}

// `npm run users -- list | head`: whoever reads no further has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

let place: Place | undefined;
try {
  const { command, argument, given } = readArguments();
  place = await openPlace(given);
  await command.run(place, argument, given);
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage || place === undefined ? (error as Error).message : place.explain(error));
  if (isUsage) console.error(usage);
  process.exitCode = isUsage ? 2 : 1;
}

function readArguments(): { command: Command; argument: string; given: Given } {
  const { values: given, positionals } = parsed();
  const [name = '', argument = '', ...rest] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    throw new UsageError(name === '' ? 'Which command?' : `"${name}" is no command.`);
  const allowed = ['stage', 'region', 'aws-profile', ...(command.options ?? [])];
  const foreign = Object.keys(given).find((option) => !allowed.includes(option));
  if (foreign !== undefined) throw new UsageError(`\`${name}\` takes no --${foreign}.`);
  if (given.stage === undefined && (given.region ?? given['aws-profile']) !== undefined)
    throw new UsageError('--region and --aws-profile are for a deployed stage: name it with --stage.');
  const surplus = command.takes === undefined ? argument : rest[0];
  if (surplus) throw new UsageError(`\`${name}\` does not take "${surplus}".`);
  if (argument === '' && (command.takes === 'user' || command.takes === 'file'))
    throw new UsageError(
      command.takes === 'user' ? `Whom? \`${name}\` takes an address or a user id.` : 'Which file?',
    );
  return { command, argument, given };
}

function parsed() {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Waits until it is out, so that a table of any size may be piped into something slow. */
function write(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

function say(sentence: string): Promise<void> {
  return write(`${sentence}\n`);
}

/** Says on stderr how far it is, every two seconds. */
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
