// A stage of a project, as `deploy` and `plan` see it: its settings, the parameters they make, and where it is.
import { readFileSync } from 'node:fs';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { OperatorError } from '../admin/command-line/operator-error.ts';
import { type PlaceOptions, regionOf } from '../admin/command-line/place.ts';
import { UsageError } from '../admin/command-line/run.ts';
import { readDeploySettings } from '../deploy/deploy-settings.ts';
import { readService } from '../deploy/service.ts';
import { root } from '../folders.ts';
import { environmentVariables, parameterOf, readSettings, settingVariables } from './settings.ts';
import type { Template } from './template/types.ts';

export interface StageOptions extends PlaceOptions {
  readonly stack?: string;
}

export interface Stage {
  readonly name: string;
  readonly region: string;
  readonly stackName: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Those of the template that the settings give, and Stage. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly cloudFormation: CloudFormationClient;
  readonly s3: S3Client;
}

/** The options that name a stage that is, or will be, deployed. */
export function withStage(command: Command): Command {
  return command
    .option('--stage <stage>', 'the section of gatehouse.yml; part of every name')
    .option('--region <region>', 'else AWS_REGION, else eu-central-1')
    .option('--aws-profile <profile>', 'a profile of the AWS configuration; default: what the AWS SDK finds')
    .option('--stack <name>', 'the name of the stack (gatehouse-<stage>)');
}

/** The template of this version. */
export function templateOfThisVersion(): Template {
  return JSON.parse(readFileSync(`${root}deploy/template.json`, 'utf8')) as Template;
}

/**
 * @throws UsageError without a stage
 * @throws OperatorError with one sentence for each setting that is missing or malformed
 */
export async function openStage({ stage, stack, ...place }: StageOptions): Promise<Stage> {
  if (stage === undefined) throw new UsageError('Which stage? Name it with --stage, as in --stage prod.');
  if (!/^[a-z][a-z\d-]{0,19}$/.test(stage))
    throw new UsageError(
      'The name of a stage has at most 20 lower-case letters, digits and hyphens, and begins with a letter.',
    );
  const service = await readService();
  const region = regionOf(service, place);
  const parameters = { Stage: stage, ...parametersOf(settingsOf(stage, region)) };
  const access = { region, ...(place.awsProfile !== undefined && { profile: place.awsProfile }) };
  return {
    name: stage,
    region,
    stackName: stack ?? `${service.service}-${stage}`,
    tags: { service: service.service, stage },
    parameters,
    cloudFormation: new CloudFormationClient(access),
    s3: new S3Client(access),
  };
}

/** Variables: the usual ones of the stage, and over them the project's. */
function settingsOf(stage: string, region: string): Record<string, string> {
  const { params } = parse(readFileSync(`${root}serverless.yml`, 'utf8'), { logLevel: 'silent' }) as {
    params: Record<string, Record<string, unknown>>;
  };
  const usual = { ...params.default, ...params[stage] };
  const variables = settingVariables();
  const settings = {
    ...Object.fromEntries(
      Object.entries(usual).map(([name, value]) => [variables.get(name) ?? name, String(value)]),
    ),
    ...readSettings(['default', stage]),
  };
  const inEnvironment = environmentVariables();
  const ofDeployment = [...variables].map(([name, variable]) => [name, settings[variable] ?? null] as const);
  try {
    readDeploySettings({
      complete: true,
      stage,
      region,
      settings: Object.fromEntries(ofDeployment),
      environment: {
        TABLE_PREFIX: `gatehouse-${stage}`,
        SEALING_KMS_KEY: {},
        ISSUER: {},
        ...Object.fromEntries(Object.entries(settings).filter(([name]) => inEnvironment.has(name))),
      },
    });
  } catch (error) {
    throw new OperatorError((error as Error).message);
  }
  return settings;
}

/** @throws OperatorError for a setting that the packaged template doesn't take */
function parametersOf(settings: Readonly<Record<string, string>>): Record<string, string> {
  const { Parameters = {} } = templateOfThisVersion();
  const parameters: Record<string, string> = {};
  const faults: string[] = [];
  for (const [name, variable] of settingVariables()) {
    const value = settings[variable];
    const parameter = parameterOf(name);
    const rule = Parameters[parameter];
    if (value === undefined) continue;
    if (rule === undefined) {
      if (!['0', 'false', 'off', ''].includes(value))
        faults.push(`${name} needs a clone of the repository: the packaged template does not have it`);
    } else if (rule.AllowedValues !== undefined && !rule.AllowedValues.includes(value))
      faults.push(`${name} must be one of ${rule.AllowedValues.join(', ')}`);
    else parameters[parameter] = value;
  }
  if (faults.length === 0) return parameters;
  throw new OperatorError(`Nothing was deployed:\n${faults.map((fault) => `  - ${fault}.`).join('\n')}`);
}
