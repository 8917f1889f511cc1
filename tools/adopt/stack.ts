// Reads and changes a CloudFormation stack.

import { setTimeout as pause } from 'node:timers/promises';
import {
  type CloudFormationClient,
  CreateChangeSetCommand,
  type CreateChangeSetCommandInput,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { OperatorError } from '../admin/command-line/operator-error.ts';
import type { Template } from './template/types.ts';

const POLL_MS = 2_000;

export interface Stack {
  readonly status: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** `undefined` if there is none, or only what is left of a first try that was never executed. */
export async function readStack(client: CloudFormationClient, name: string): Promise<Stack | undefined> {
  const answer = await client.send(new DescribeStacksCommand({ StackName: name })).catch((error: Error) => {
    if (error.name === 'ValidationError' && /does not exist/.test(error.message)) return undefined;
    throw error;
  });
  const [stack] = answer?.Stacks ?? [];
  if (stack === undefined || stack.StackStatus === 'REVIEW_IN_PROGRESS') return undefined;
  return {
    status: stack.StackStatus ?? '',
    parameters: Object.fromEntries(
      (stack.Parameters ?? []).map(({ ParameterKey = '', ParameterValue = '' }) => [
        ParameterKey,
        ParameterValue,
      ]),
    ),
    outputs: Object.fromEntries(
      (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
  };
}

/** The template that the stack was made of. */
export async function readTemplate(client: CloudFormationClient, name: string): Promise<Template> {
  const { TemplateBody = '' } = await client.send(
    new GetTemplateCommand({ StackName: name, TemplateStage: 'Original' }),
  );
  return JSON.parse(TemplateBody) as Template;
}

export interface Change {
  readonly name: string;
  /** In the bucket of the code: a template is too long to be sent by itself. */
  readonly templateUrl: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Makes or updates a stack, and waits until that is done.
 *
 * @returns false if there was nothing to change
 * @throws OperatorError with the reason of the first resource that failed
 */
export async function changeStack(client: CloudFormationClient, change: Change): Promise<boolean> {
  const known = await readStack(client, change.name);
  if (known?.status === 'ROLLBACK_COMPLETE')
    throw new OperatorError(
      `The stack ${change.name} is left over from a first deployment that failed: delete it in CloudFormation, then deploy again. Tables with accounts are kept, and the new stack adopts them.`,
    );
  if (known?.status.endsWith('_IN_PROGRESS'))
    throw new OperatorError(
      `The stack ${change.name} is being changed already: wait until that has finished.`,
    );
  const begin = new Date();
  const made = await makeChangeSet(client, change, known === undefined);
  if (made === undefined) return false;
  await client.send(new ExecuteChangeSetCommand(made));
  const status = await untilDone(client, change.name);
  if (['CREATE_COMPLETE', 'UPDATE_COMPLETE'].includes(status)) return true;
  throw new OperatorError(
    `CloudFormation rolled the change of ${change.name} back (${status}): ${await failureSince(client, change.name, begin)}`,
  );
}

type ChangeSet = { StackName: string; ChangeSetName: string };

async function makeChangeSet(
  client: CloudFormationClient,
  { name, templateUrl, parameters, tags }: Change,
  isNew: boolean,
): Promise<ChangeSet | undefined> {
  const set = { StackName: name, ChangeSetName: `gatehouse-${Date.now()}` };
  const input: CreateChangeSetCommandInput = {
    ...set,
    ChangeSetType: isNew ? 'CREATE' : 'UPDATE',
    TemplateURL: templateUrl,
    Capabilities: ['CAPABILITY_NAMED_IAM'],
    // A deleted stack leaves the tables of accounts, and a new one adopts them.
    ImportExistingResources: true,
    Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
      ParameterKey,
      ParameterValue,
    })),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
  await client.send(new CreateChangeSetCommand(input));
  for (;;) {
    const { Status, StatusReason = '' } = await client.send(new DescribeChangeSetCommand(set));
    if (Status === 'CREATE_COMPLETE') return set;
    if (Status === 'FAILED') {
      await client.send(new DeleteChangeSetCommand(set));
      if (/didn't contain changes|No updates are to be performed/i.test(StatusReason)) return undefined;
      throw new OperatorError(`CloudFormation refuses the change of ${name}: ${StatusReason}`);
    }
    await pause(POLL_MS);
  }
}

async function untilDone(client: CloudFormationClient, name: string): Promise<string> {
  for (;;) {
    const stack = await readStack(client, name);
    const status = stack?.status ?? 'gone';
    if (!status.endsWith('_IN_PROGRESS') || status === 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS')
      return status.replace('_CLEANUP_IN_PROGRESS', '');
    await pause(POLL_MS);
  }
}

async function failureSince(client: CloudFormationClient, name: string, begin: Date): Promise<string> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: name }));
  const failed = StackEvents.filter(
    ({ ResourceStatus = '', Timestamp = begin }) => ResourceStatus.endsWith('_FAILED') && Timestamp >= begin,
  ).at(-1); // the newest come first
  return failed === undefined
    ? 'its events in CloudFormation say why.'
    : `${failed.LogicalResourceId}: ${failed.ResourceStatusReason ?? 'no reason given'}`;
}
