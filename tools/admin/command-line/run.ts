// The common parts of the operator's commands: reading the command line and reporting errors.
import { Command, CommanderError } from 'commander';
import { ProblemError } from '../../../lib/core/problem.ts';
import { awsSentence } from './aws-sentence.ts';
import { fileSentence, OperatorError } from './operator-error.ts';
import type { PlaceOptions } from './place.ts';

/** An error in the command line. */
export class UsageError extends Error {}

/** A program whose errors are one sentence. @param name as it is typed, such as `npm run users --` */
export function program(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .helpCommand(false)
    .helpOption('--help', 'shows this help')
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(false)
    .exitOverride();
}

/** The options that name a deployed stage. */
export function withPlace(command: Command): Command {
  return command
    .helpOption('--help', 'shows this help')
    .option('--stage <stage>', 'a deployed stage; without it, the local stack')
    .option('--region <region>', 'the region of the stage; default: AWS_REGION, then that of serverless.yml')
    .option('--aws-profile <profile>', 'a profile of the AWS configuration; default: what the AWS SDK finds');
}

/** @throws UsageError for a place that is half named */
export function checkPlace(place: PlaceOptions): void {
  if (place.stage === undefined && (place.region ?? place.awsProfile) !== undefined)
    throw new UsageError('--region and --aws-profile are for a deployed stage: name it with --stage.');
}

/**
 * Runs a program and says in one sentence what went wrong. The exit code is 0, 1 for whatever failed, and 2 for a command line that
 * was not understood.
 */
export async function run(
  name: string,
  main: Command,
  explain: (error: Error) => string = awsSentence,
): Promise<void> {
  try {
    if (main.commands.length > 0 && process.argv.length <= 2) throw new UsageError('Which command?');
    await main.parseAsync();
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (error instanceof CommanderError && error.exitCode === 0) return; // --help
    const isUsage = error instanceof UsageError || error instanceof CommanderError;
    console.error(isUsage ? `${usageSentence(error)} See ${name} --help.` : sentenceOf(error, explain));
    process.exitCode = isUsage ? 2 : 1;
  }
}

function sentenceOf(error: Error, explain: (error: Error) => string): string {
  if (error instanceof OperatorError) return error.message;
  if (error instanceof ProblemError && error.problem.code !== 'unavailable') return `${error.message}.`;
  return fileSentence(error) ?? explain(error);
}

/** commander's error as a sentence, without the wrong word: it may be a secret in the wrong place. */
function usageSentence(error: Error): string {
  if (!(error instanceof CommanderError)) return error.message;
  const option = /'(--?[a-z-]+)[ ='<]/.exec(error.message)?.[1];
  switch (error.code) {
    case 'commander.unknownCommand':
      return 'There is no such command.';
    case 'commander.unknownOption':
      return `This command has no option ${option ?? 'of that name'}.`;
    case 'commander.optionMissingArgument':
      return `The option ${option ?? ''} needs a value.`;
    case 'commander.excessArguments':
      return 'There is one argument too many.';
    default:
      return error.message.replace(/^error: /, '');
  }
}
