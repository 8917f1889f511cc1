// Fits the service to the settings of its stage: what serverless.yml cannot say itself, since CloudFormation
// would need a condition for each, or since the framework makes the resource.
import { isDeepStrictEqual } from 'node:util';
import { alarms } from '../../infrastructure/alarms.ts';
import { dashboard } from '../../infrastructure/dashboard.ts';
import { gatewayResponses } from '../../infrastructure/gateway-responses.ts';
import { OPTIONAL_FUNCTIONS, observedOf, type ServiceToWatch } from '../../infrastructure/observed.ts';
import {
  costlyPaths,
  methodSettings,
  preflights,
  type Rates,
  type RoutedFunction,
  reserveConcurrency,
} from '../../infrastructure/routes.ts';
import { unknownRoutes } from '../../infrastructure/unknown-routes.ts';
import { webAcl } from '../../infrastructure/web-acl.ts';
import { readSender } from '../../lib/mail/sender.ts';
import type { DeploySettings } from './deploy-settings.ts';

interface Resource {
  Type: string;
  DependsOn?: string | string[];
  UpdatePolicy?: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's, of any type of resource
  Properties?: any;
}

export type Resources = Record<string, Resource>;

export interface DeployedFunction extends RoutedFunction {
  events?: ReadonlyArray<object>;
  /** Names of infrastructure/permissions.yml. */
  readonly may?: readonly string[];
  /** More of them, where lib/hooks.ts exports `findLegacy`. */
  readonly mayMigrate?: readonly string[];
  /** What the plugin of roles reads. */
  iamRoleStatements?: readonly object[];
  readonly name?: string;
  provisionedConcurrency?: number;
  versionFunction?: boolean;
  /** The framework's own: who calls the function calls this alias of it. */
  targetAlias?: { name: string; logicalId: string };
  /** The framework's own: the resource of the version that is being deployed. */
  versionLogicalId?: string;
}

export interface DeployedService {
  readonly custom: {
    readonly may: Readonly<Record<string, object | undefined>>;
    readonly keepWarm: readonly string[];
    readonly optional: Readonly<
      Record<'domain' | 'hostedZone' | 'canary' | 'apiLogRole' | 'budget', Resources>
    >;
  };
  readonly functions: Record<string, DeployedFunction>;
  readonly provider: {
    apiGateway?: { disableDefaultEndpoint?: boolean };
    memorySize?: number;
    logRetentionInDays?: number;
    readonly environment: Record<string, unknown>;
  };
  readonly resources: { Resources: Resources; Outputs?: Record<string, { Value?: unknown }> };
}

const isWanted: Record<(typeof OPTIONAL_FUNCTIONS)[number], (settings: DeploySettings) => boolean> = {
  admin: ({ adminApi }) => adminApi,
  docs: ({ apiReference }) => apiReference,
  'publish-events': ({ events }) => events === 'on',
};

/** Before anything is compiled: adds what the settings ask for. */
export function fitToSettings(service: DeployedService, settings: DeploySettings): void {
  const { custom, provider, resources } = service;
  const { optional } = custom;
  provider.memorySize = settings.memoryMb;
  provider.logRetentionInDays = settings.logRetentionDays;
  if (settings.domainName !== null) serveAt(service, settings.domainName);
  if (settings.hostedZoneId !== null) Object.assign(resources.Resources, optional.hostedZone);
  if (settings.sealingKeyArn !== null) keepSealingKey(service, settings.sealingKeyArn);
  if (settings.apiLogRole) addApiLogRole(resources.Resources, optional.apiLogRole);
  if (settings.monthlyBudget > 0) Object.assign(resources.Resources, optional.budget);
  if (settings.hashingConcurrency !== null)
    reserveConcurrency(service.functions, settings.hashingConcurrency);
  if (settings.provisionedConcurrency > 0) keepWarm(service, settings.provisionedConcurrency);
  for (const name of OPTIONAL_FUNCTIONS) if (!isWanted[name](settings)) delete service.functions[name];
  // Without events there is nothing to queue, and an alarm on the queue would cost money.
  if (settings.events === 'off') delete resources.Resources.UnpublishedEventsQueue;
  if (settings.canary) releaseByCanary(service);
}

function serveAt({ custom, provider, resources }: DeployedService, domainName: string): void {
  Object.assign(resources.Resources, custom.optional.domain);
  // A second way in, past the domain's TLS policy, would make both pointless.
  provider.apiGateway = { ...provider.apiGateway, disableDefaultEndpoint: true };
  const url = `https://${domainName}`;
  if (typeof provider.environment.ISSUER !== 'string') provider.environment.ISSUER = url;
  const outputs = resources.Outputs ?? {};
  if (outputs.ApiUrl) outputs.ApiUrl.Value = url;
  if (outputs.JwksUrl) outputs.JwksUrl.Value = `${url}/.well-known/jwks.json`;
}

function keepWarm({ custom, functions }: DeployedService, provisionedConcurrency: number): void {
  for (const name of custom.keepWarm) {
    const definition = functions[name];
    if (definition) definition.provisionedConcurrency = provisionedConcurrency;
  }
}

function releaseByCanary(service: DeployedService): void {
  Object.assign(service.resources.Resources, service.custom.optional.canary);
  for (const [name, definition] of releasedByCanary(service)) {
    definition.versionFunction = true;
    definition.targetAlias = { name: 'live', logicalId: `${idOf(name)}LiveAlias` };
  }
}

/**
 * Uses an existing KMS key in place of a new one: that of a stage that was removed, without which nothing
 * that it sealed can be opened.
 */
export function keepSealingKey(
  service: Pick<DeployedService, 'functions' | 'provider' | 'resources'>,
  arn: string,
): void {
  const { Resources } = service.resources;
  delete Resources.SealingKey;
  if (Resources.SealingKeyAlias) Resources.SealingKeyAlias.Properties.TargetKeyId = arn;
  service.provider.environment.SEALING_KMS_KEY = arn;
  for (const { iamRoleStatements = [] } of Object.values(service.functions))
    for (const statement of iamRoleStatements as { Resource?: unknown }[])
      if (isDeepStrictEqual(statement.Resource, { 'Fn::GetAtt': ['SealingKey', 'Arn'] }))
        statement.Resource = arn;
}

/** API Gateway refuses a stage that writes logs while the account has no role for them. */
function addApiLogRole(resources: Resources, role: Resources): void {
  Object.assign(resources, role);
  if (resources.ApiGatewayStage) resources.ApiGatewayStage.DependsOn = 'ApiLogAccount';
}

/**
 * In every command: a function's row lists by name what it may do, and infrastructure/permissions.yml says what each
 * name allows. Every function has a role of its own, also one that may do nothing.
 *
 * @param hooks what lib/hooks.ts exports
 * @throws Error for a name that no permission has
 */
export function grantPermissions(
  { functions, custom }: Pick<DeployedService, 'functions' | 'custom'>,
  hooks: readonly string[],
): void {
  for (const [name, definition] of Object.entries(functions)) {
    const { may = [], mayMigrate = [] } = definition;
    const all = hooks.includes('findLegacy') ? [...may, ...mayMigrate] : may;
    definition.iamRoleStatements = all.map((permission) => {
      const statement = custom.may[permission];
      if (statement) return structuredClone(statement); // `serverless print` shows an object that it has met as nothing
      throw new Error(`${name} may ${permission}, which infrastructure/permissions.yml does not have.`);
    });
  }
}

/** In every command, and first: these routes belong to the API like those that are written down. */
export function addPreflights({ functions }: DeployedService): void {
  if (functions.preflight) functions.preflight.events = preflights(functions);
}

/** In every command: what follows from the service as it is by now. */
export function complete(
  service: DeployedService & ServiceToWatch,
  settings: Rates & { readonly adminApi: boolean },
): void {
  const { functions, resources } = service;
  const stage = resources.Resources.ApiGatewayStage;
  if (stage) stage.Properties.MethodSettings = methodSettings(functions, settings);
  const observed = observedOf(service);
  if (settings.adminApi) Object.assign(resources.Resources, unknownRoutes());
  Object.assign(resources.Resources, gatewayResponses(settings.adminApi), alarms(observed), {
    Dashboard: dashboard(observed),
  });
}

/** Adds the web ACL, where the settings ask for it. */
export function protect(service: DeployedService & ServiceToWatch, settings: DeploySettings): void {
  if (!settings.waf) return;
  const { stage } = service.provider;
  const { trustedProxyHeader: header, trustedProxySecret: secret } = settings;
  const acl = webAcl({
    name: `${service.service}-${stage}`,
    stage,
    requests: settings.wafRequests,
    hashes: settings.wafHashes,
    costlyPaths: costlyPaths(service.functions),
    proxy: header !== null && secret !== null ? { header, secret } : null,
  });
  Object.assign(service.resources.Resources, acl);
}

/**
 * Lets pages of the configured origins read what API Gateway answers by itself. It cannot choose among several
 * origins; since those answers hold nothing of anybody's, and no credentials are allowed, `*` does no harm then.
 */
export function grantOrigins(resources: Resources, corsOrigins: unknown): void {
  const origins = String(corsOrigins ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter(Boolean);
  if (origins.length === 0) return;
  const single = origins.length === 1 && !origins[0]?.includes('*') ? origins[0] : undefined;
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type !== 'AWS::ApiGateway::GatewayResponse') continue;
    Properties.ResponseParameters = {
      ...Properties.ResponseParameters,
      'gatewayresponse.header.Access-Control-Allow-Origin': `'${single ?? '*'}'`,
      'gatewayresponse.header.Access-Control-Expose-Headers': "'Retry-After, WWW-Authenticate'",
    };
  }
}

type Statement = { Condition?: { StringEquals?: Record<string, string> } };

/** IAM compares the bare address, as it will stand in the header, where MAIL_FROM may hold `Name <address>`. */
export function restrictSender(role: unknown): void {
  const { Policies = [] } = role as { Policies?: Array<{ PolicyDocument: { Statement: Statement[] } }> };
  for (const { Condition } of Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)) {
    const condition = Condition?.StringEquals;
    const from = condition?.['ses:FromAddress'];
    if (condition && from) condition['ses:FromAddress'] = readSender(from)?.address ?? from;
  }
}

/** Once everything is compiled: gives each released function its alias, which CodeDeploy moves. */
export function addReleases(template: Resources, service: DeployedService): void {
  for (const [name, definition] of releasedByCanary(service)) {
    const { targetAlias, versionLogicalId } = definition;
    if (targetAlias === undefined || versionLogicalId === undefined) continue;
    const group = `${idOf(name)}Release`;
    // The framework makes one itself for provisioned concurrency, under another name.
    const alias = template[targetAlias.logicalId] ?? {
      Type: 'AWS::Lambda::Alias',
      Properties: {
        FunctionName: { Ref: `${idOf(name)}LambdaFunction` },
        FunctionVersion: { 'Fn::GetAtt': [versionLogicalId, 'Version'] },
        Name: targetAlias.name,
      },
    };
    alias.UpdatePolicy = {
      CodeDeployLambdaAliasUpdate: {
        ApplicationName: { Ref: 'Releases' },
        DeploymentGroupName: { Ref: group },
      },
    };
    template[targetAlias.logicalId] = alias;
    template[group] = {
      Type: 'AWS::CodeDeploy::DeploymentGroup',
      Properties: {
        ApplicationName: { Ref: 'Releases' },
        ServiceRoleArn: { 'Fn::GetAtt': ['ReleasesRole', 'Arn'] },
        DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
        DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
        AutoRollbackConfiguration: {
          Enabled: true,
          Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
        },
        AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: 'ReleaseAlarm' } }] },
      },
    };
  }
}

/** The functions that answer requests. Those of streams and schedules have no traffic to shift. */
function releasedByCanary({ functions }: DeployedService): [string, DeployedFunction][] {
  return Object.entries(functions).filter(([, { events = [] }]) => events.some((event) => 'http' in event));
}

/** The name in logical ids, as the framework writes it. */
function idOf(name: string): string {
  return (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('-', 'Dash').replaceAll('_', 'Underscore');
}
