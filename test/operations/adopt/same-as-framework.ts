// Whether the packaged template, for given settings, is what the framework makes for the same settings.
import { deepStrictEqual as same } from 'node:assert/strict';
import { frameworkTemplate } from '../../../tools/adopt/package/framework-templates.ts';
import { STAGE, settingsOfTemplate } from '../../../tools/adopt/package/settings-of-deployment.ts';
import { resolveTemplate } from '../../../tools/adopt/template/resolve.ts';
import type { Template, Value } from '../../../tools/adopt/template/types.ts';

/** @throws Error that shows a resource that differs */
export async function compareWithFramework(
  packaged: Template,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const parameters = Object.fromEntries(
    settingsOfTemplate().map(({ parameter, variable }) => [parameter, variables[variable]]),
  );
  const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
  const ours = resolveTemplate(packaged, { ...given, Stage: STAGE, CodeBucket: 'bucket', CodePrefix: 'x/' });
  const framework = resolveTemplate(await frameworkTemplate(variables), {
    AlarmEmail: variables.ALARM_EMAIL ?? '',
  });
  const [left, right] = [plain(withoutHandles(ours)), plain(framework)];
  same(Object.keys(left.Resources).sort(), Object.keys(right.Resources).sort());
  for (const [id, resource] of Object.entries(right.Resources)) same(left.Resources[id], resource, id);
  same(left.Outputs, right.Outputs);
}

/** What waits for a handle depends on that for which the handle waits. */
function withoutHandles({ Resources, Outputs }: { Resources: Value; Outputs: Value }) {
  const handles = new Map<string, string[]>();
  for (const [id, { Type, Metadata }] of Object.entries<Value>(Resources))
    if (Type === 'AWS::CloudFormation::WaitConditionHandle')
      handles.set(
        id,
        Metadata.For.map(({ Ref }: Value) => Ref),
      );
  const others = Object.entries<Value>(Resources).flatMap(([id, resource]) => {
    if (handles.has(id)) return [];
    const { DependsOn, ...rest } = resource;
    const all = [DependsOn ?? []].flat().flatMap((other: string) => handles.get(other) ?? other);
    return [[id, { ...rest, ...(all.length > 0 && { DependsOn: all }) }]];
  });
  return { Resources: Object.fromEntries(others), Outputs };
}

/** Without what each making names anew, and with every number and single Fn::Sub written in one way. */
function plain(template: { Resources: Value; Outputs: Value }): {
  Resources: Record<string, Value>;
  Outputs: Value;
} {
  const text = JSON.stringify(template, (key, value) => {
    if (key === 'Policy' && value === '') return undefined;
    if (key === 'Code' && value?.S3Key !== undefined) return 'code';
    if (key === 'DependsOn') return [value].flat().sort();
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  });
  const { Resources, Outputs } = JSON.parse(
    text.replaceAll(/ApiGatewayDeployment[\da-f]+/g, 'ApiGatewayDeployment'),
  );
  for (const id of ['ServerlessDeploymentBucket', 'ServerlessDeploymentBucketPolicy']) delete Resources[id];
  for (const id of ['ServerlessDeploymentBucketName', 'ServiceEndpoint', 'Issuer', 'RestApiId', 'Version'])
    delete Outputs[id];
  return { Resources, Outputs };
}
