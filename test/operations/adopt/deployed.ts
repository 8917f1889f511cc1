// A stack in the simulated AWS that was made of the packaged template: its functions, and what people do with them.
import { resolveTemplate } from '../../../tools/adopt/template/resolve.ts';
import type { Template } from '../../../tools/adopt/template/types.ts';
import type { Pattern } from '../../../tools/deploy/service.ts';
import { type DeployedFunctions, downloadFunctions } from '../deploy/deployed-functions.ts';
import { readStack } from '../deploy/resources.ts';
import type { Answer, SimulatedAws } from '../deploy/simulated-aws.ts';

/** The parameters of a stack. */
export async function parametersOf(aws: SimulatedAws, StackName: string): Promise<Record<string, string>> {
  const { Stacks } = await aws.ask('cloudformation', 'DescribeStacks', { StackName });
  const parameters: Answer[] = Stacks[0].Parameters ?? [];
  return Object.fromEntries(
    parameters.map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue]),
  );
}

/**
 * The code as it lies in the bucket, run as each function's configuration says.
 *
 * @param prefix of the functions' names
 */
export async function openDeployed(
  aws: SimulatedAws,
  stackName: string,
  prefix: string,
): Promise<DeployedFunctions> {
  const { TemplateBody } = await aws.ask('cloudformation', 'GetTemplate', { StackName: stackName });
  const template = (typeof TemplateBody === 'string' ? JSON.parse(TemplateBody) : TemplateBody) as Template;
  const { Resources } = resolveTemplate(template, await parametersOf(aws, stackName));
  const { restApiId, physical } = await readStack(aws, stackName, template as Answer);
  const codeKeys: Record<string, string> = {};
  let patterns: Pattern[] = [];
  let bucket = '';
  for (const { Type, Properties } of Object.values<Answer>(Resources)) {
    // Of those that read streams the mails alone are tried here.
    if (
      Type === 'AWS::Lambda::EventSourceMapping' &&
      /reset-?tags/i.test(JSON.stringify(Properties.EventSourceArn))
    )
      patterns = Properties.FilterCriteria.Filters.map(({ Pattern: pattern }: Answer) => JSON.parse(pattern));
    if (Type !== 'AWS::Lambda::Function' || !Properties.FunctionName?.startsWith?.(prefix)) continue;
    const { S3Bucket, S3Key } = Properties.Code;
    bucket = typeof S3Bucket === 'string' ? S3Bucket : (physical.get(S3Bucket.Ref) ?? '');
    codeKeys[Properties.FunctionName.slice(prefix.length)] = S3Key;
  }
  const readers = [{ name: 'send-mail', table: `${prefix}reset-tags`, patterns }];
  return downloadFunctions(aws, prefix, { bucket, codeKeys, readers }, restApiId);
}
