// Whether what the template asks for is there, asked of each service itself.
import { ok, deepStrictEqual as same } from 'node:assert/strict';
import { deployedRoutes } from './deployed-functions.ts';
import type { Answer, SimulatedAws, Template, TemplateResource } from './simulated-aws.ts';

/** What moto's CloudFormation passes over. Their properties are cfn-lint's to check, and the test's below. */
export const notSimulated = new Set([
  'AWS::ApiGateway::Account',
  'AWS::ApiGateway::BasePathMapping',
  'AWS::ApiGateway::DomainName',
  'AWS::ApiGateway::GatewayResponse',
  'AWS::ApiGateway::Stage',
  'AWS::Budgets::Budget',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::AnomalyDetector',
  'AWS::CloudWatch::Dashboard',
  'AWS::CodeDeploy::Application',
  'AWS::CodeDeploy::DeploymentGroup',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::QueryDefinition',
  'AWS::Lambda::Version',
  'AWS::S3::BucketPolicy',
  'AWS::SES::ConfigurationSet',
  'AWS::SES::ConfigurationSetEventDestination',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::WAFv2::LoggingConfiguration',
  'AWS::WAFv2::WebACL',
  'AWS::WAFv2::WebACLAssociation',
]);

export interface Stack {
  readonly name: string;
  /** `<service>-<stage>-`. */
  readonly prefix: string;
  readonly template: Template;
  /** Physical ids by logical ones, of what moto has made. */
  readonly physical: ReadonlyMap<string, string>;
  readonly restApiId: string;
}

export async function readStack(aws: SimulatedAws, name: string, template: Template): Promise<Stack> {
  const physical = new Map<string, string>();
  let NextToken: string | undefined;
  do {
    const page = await aws.ask('cloudformation', 'ListStackResources', { StackName: name, NextToken });
    for (const { LogicalResourceId: id, PhysicalResourceId } of page.StackResourceSummaries) {
      if (id) physical.set(id, PhysicalResourceId ?? '');
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return { name, prefix: `${name}-`, template, physical, restApiId: physical.get('ApiGatewayRestApi') ?? '' };
}

type Check = (aws: SimulatedAws, stack: Stack, resource: TemplateResource, physicalId: string) => unknown;

/** By type: that the service knows it, with what matters of its properties. Throws when not. */
export const checkOf: Readonly<Record<string, Check>> = {
  async 'AWS::DynamoDB::Table'(aws, _stack, { Properties }) {
    const { Table } = await aws.ask('dynamodb', 'DescribeTable', { TableName: Properties.TableName });
    const byName = (a: Answer, b: Answer) => (a.AttributeName < b.AttributeName ? -1 : 1);
    same(Table.KeySchema, Properties.KeySchema);
    same([...Table.AttributeDefinitions].sort(byName), [...Properties.AttributeDefinitions].sort(byName));
    same(Table.BillingModeSummary.BillingMode, 'PAY_PER_REQUEST');
    same(Table.StreamSpecification?.StreamViewType, Properties.StreamSpecification?.StreamViewType);
    same(Table.DeletionProtectionEnabled ?? false, Properties.DeletionProtectionEnabled ?? false);
  },

  async 'AWS::Lambda::Function'(aws, stack, { Properties }) {
    const { FunctionName } = Properties;
    const found = await aws.ask('lambda', 'GetFunctionConfiguration', { FunctionName });
    for (const name of ['Handler', 'Runtime', 'MemorySize', 'Timeout'])
      same(found[name], Properties[name], name);
    const [role, id] = Properties.Role['Fn::GetAtt'] ? [Properties.Role['Fn::GetAtt'][0], 'Arn'] : ['', ''];
    ok(
      id === 'Arn' && found.Role.endsWith(`:role/${stack.physical.get(role)}`),
      `its role is ${found.Role}, not that of ${role}`,
    );
    const { Variables = {} } = found.Environment ?? {};
    const asked = Properties.Environment?.Variables ?? {};
    same(Object.keys(Variables).sort(), Object.keys(asked).sort());
    for (const [name, value] of Object.entries(asked)) {
      if (typeof value === 'string') same(Variables[name], value, name);
      else
        ok(typeof Variables[name] === 'string' && !Variables[name].includes('${'), `${name} is unresolved`);
    }
  },

  async 'AWS::IAM::Role'(aws, _stack, { Properties }, RoleName) {
    await aws.ask('iam', 'GetRole', { RoleName });
    const { PolicyNames } = await aws.ask('iam', 'ListRolePolicies', { RoleName });
    same(PolicyNames.length, (Properties.Policies ?? []).length);
    for (const PolicyName of PolicyNames) {
      const { PolicyDocument } = await aws.ask('iam', 'GetRolePolicy', { RoleName, PolicyName });
      for (const { Action, Resource } of JSON.parse(decodeURIComponent(PolicyDocument)).Statement) {
        for (const action of [Action].flat()) ok(!action.includes('*'), `it grants ${action}`);
        for (const arn of [Resource].flat()) {
          ok(typeof arn === 'string' && arn.startsWith('arn:aws:'), `it names ${JSON.stringify(arn)}`);
          ok(!arn.includes('${'), `${arn} is unresolved`);
        }
      }
    }
  },

  async 'AWS::Logs::LogGroup'(aws, _stack, { Properties }) {
    const { logGroups } = await aws.ask('cloudwatch-logs', 'DescribeLogGroups', {
      logGroupNamePrefix: Properties.LogGroupName,
    });
    const found = logGroups.find((group: Answer) => group.logGroupName === Properties.LogGroupName);
    same(found?.retentionInDays, Properties.RetentionInDays);
  },

  async 'AWS::ApiGateway::RestApi'(aws, _stack, { Properties }, restApiId) {
    const found = await aws.ask('api-gateway', 'GetRestApi', { restApiId });
    same(found.name, Properties.Name);
  },

  async 'AWS::ApiGateway::Resource'(aws, { restApiId }, { Properties }, resourceId) {
    const found = await aws.ask('api-gateway', 'GetResource', { restApiId, resourceId });
    same(found.pathPart, Properties.PathPart);
  },

  async 'AWS::ApiGateway::Method'(aws, stack, { Properties }) {
    const { HttpMethod, ResourceId } = Properties;
    const found = await aws.ask('api-gateway', 'GetMethod', {
      restApiId: stack.restApiId,
      resourceId: stack.physical.get(ResourceId.Ref),
      httpMethod: HttpMethod,
    });
    same(found.methodIntegration.type, Properties.Integration.Type);
  },

  // Asked for one by one, moto answers with a page of HTML.
  async 'AWS::ApiGateway::Deployment'(aws, { restApiId }) {
    const { items } = await aws.ask('api-gateway', 'GetDeployments', { restApiId });
    ok(items.length > 0, 'the API has no deployment');
  },

  async 'AWS::Lambda::Permission'(aws, stack, { Properties }) {
    const logicalId = JSON.stringify(Properties.FunctionName).match(/"(\w+LambdaFunction)"/)?.[1] ?? '';
    const FunctionName = stack.template.Resources[logicalId]?.Properties.FunctionName;
    const { Policy } = await aws.ask('lambda', 'GetPolicy', { FunctionName });
    ok(Policy.includes(Properties.Principal['Fn::Sub'] ? '.amazonaws.' : Properties.Principal), Policy);
  },

  async 'AWS::Lambda::EventSourceMapping'(aws, stack, { Properties }, UUID) {
    const found = await aws.ask('lambda', 'GetEventSourceMapping', { UUID });
    const named = (value: Answer) => stack.template.Resources[value['Fn::GetAtt'][0]]?.Properties;
    const [{ TableName }, { FunctionName }] = [
      named(Properties.EventSourceArn),
      named(Properties.FunctionName),
    ];
    ok(found.EventSourceArn.includes(`:table/${TableName}/stream/`), found.EventSourceArn);
    ok(found.FunctionArn.includes(`:function:${FunctionName}`), found.FunctionArn);
    same(found.BatchSize, Properties.BatchSize);
  },

  async 'AWS::Events::Rule'(aws, _stack, { Properties }, Name) {
    const found = await aws.ask('eventbridge', 'DescribeRule', { Name });
    same(found.ScheduleExpression, Properties.ScheduleExpression);
    const { Targets } = await aws.ask('eventbridge', 'ListTargetsByRule', { Rule: Name });
    same(Targets.length, Properties.Targets.length);
    for (const [index, { Input }] of Properties.Targets.entries()) same(Targets[index].Input, Input);
  },

  async 'AWS::KMS::Key'(aws, _stack, { Properties }, KeyId) {
    const { KeyMetadata } = await aws.ask('kms', 'DescribeKey', { KeyId });
    ok(KeyMetadata.Enabled, 'it is disabled');
    const { KeyRotationEnabled } = await aws.ask('kms', 'GetKeyRotationStatus', { KeyId });
    same(KeyRotationEnabled, Properties.EnableKeyRotation);
  },

  async 'AWS::KMS::Alias'(aws, stack, { Properties }) {
    const { Aliases } = await aws.ask('kms', 'ListAliases');
    const found = Aliases.find(({ AliasName }: Answer) => AliasName === Properties.AliasName);
    same(found?.TargetKeyId, stack.physical.get(Properties.TargetKeyId.Ref));
  },

  async 'AWS::SQS::Queue'(aws, _stack, { Properties }, url) {
    const attributes = await aws.query('sqs', new URL(url).pathname, {
      Action: 'GetQueueAttributes',
      'AttributeName.1': 'All',
    });
    ok(attributes.includes(`:${Properties.QueueName}<`), attributes);
    if (Properties.MessageRetentionPeriod)
      ok(attributes.includes(`<Value>${Properties.MessageRetentionPeriod}<`), attributes);
  },

  async 'AWS::SNS::Topic'(aws, _stack, _resource, TopicArn) {
    const attributes = await aws.query('sns', '/', { Action: 'GetTopicAttributes', TopicArn });
    ok(attributes.includes(TopicArn), attributes);
  },

  async 'AWS::S3::Bucket'(aws, _stack, _resource, Bucket) {
    await aws.ask('s3', 'HeadBucket', { Bucket });
  },
};

/** The routes of the template: `POST /auth/login` to the function's short name. */
export function routesOf({ template, prefix }: Pick<Stack, 'template' | 'prefix'>): Record<string, string> {
  const pathOf = (id: string): string => {
    const { PathPart, ParentId } = template.Resources[id]?.Properties ?? {};
    return `${ParentId.Ref ? pathOf(ParentId.Ref) : ''}/${PathPart}`;
  };
  return Object.fromEntries(
    Object.values(template.Resources)
      .filter(({ Type, Properties }) => Type === 'AWS::ApiGateway::Method' && Properties.Integration.Uri)
      .map(({ Properties: { HttpMethod, ResourceId, Integration } }) => {
        const target = JSON.stringify(Integration.Uri).match(/"(\w+LambdaFunction)"/)?.[1] ?? '';
        const name: string = template.Resources[target]?.Properties.FunctionName ?? target;
        return [`${HttpMethod} ${pathOf(ResourceId.Ref)}`, name.slice(prefix.length)];
      }),
  );
}

export async function checkRoutes(aws: SimulatedAws, stack: Stack): Promise<void> {
  same(await deployedRoutes(aws, stack.restApiId, stack.prefix), routesOf(stack));
}
