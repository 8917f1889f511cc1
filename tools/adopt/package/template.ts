// The packaged template: what serverless.yml makes, with the settings as parameters. A new setting needs no line here,
// unless it goes where CloudFormation has no way to write it; then this fails and says so.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { methodSettings, type RoutedFunction } from '../../../infrastructure/routes.ts';
import { readService } from '../../deploy/service.ts';
import { root } from '../../folders.ts';
import { contractOf } from '../plan/contract.ts';
import { environmentVariables } from '../settings.ts';
import { isIntrinsic, isMap, type Template, type TemplateResource, type Value } from '../template/types.ts';
import { compose, type Without } from './compose.ts';
import { frameworkTemplates } from './framework-templates.ts';
import { parametersOf, RATE_CHOICES } from './parameters.ts';
import { type Setting, STAGE, settingsOfTemplate, wordsOf } from './settings-of-deployment.ts';

const NO_VALUE = { Ref: 'AWS::NoValue' };
/** WAF cannot count by this header (infrastructure/web-acl.ts). */
const UNCOUNTED = { variable: 'TRUSTED_PROXY_HEADER', value: 'CloudFront-Viewer-Address' };

type Variables = Readonly<Record<string, string>>;

/** One thing less. */
interface Less {
  readonly condition: string;
  readonly expression: Value;
  readonly variables: Variables;
}

/** @throws Error for a setting that goes where a parameter cannot go */
export async function packagedTemplate(): Promise<Template> {
  const settings = settingsOfTemplate();
  const all = Object.fromEntries(
    settings.filter(({ name }) => name !== 'issuer').map(({ variable, standIn }) => [variable, standIn]),
  );
  const less = settings.filter(({ kind }) => kind === 'switch').flatMap((setting) => lessOf(setting, all));
  const [full, ...others] = await frameworkTemplates([all, ...less.map(({ variables }) => variables)]);
  if (full === undefined) throw new Error('The framework made no template.');
  const composed = compose(
    prepared(full, all, settings),
    less.map(({ condition, variables }, place): Without => {
      const template = others[place] as Template;
      return { condition, template: prepared(template, variables, settings) };
    }),
  );
  const conditions = [
    ...settings.flatMap(({ condition, parameter }) =>
      condition === undefined
        ? []
        : [[condition, { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: parameter }, ''] }] }]],
    ),
    ...less.map(({ condition, expression }) => [condition, expression]),
  ];
  const template = {
    ...composed,
    Parameters: parametersOf(settings),
    Conditions: { ...Object.fromEntries(conditions), ...composed.Conditions },
  };
  const written = writeParameters(template, settings);
  return withoutUnused(described(named(await withRates(written))));
}

/** What isn't there without a setting. */
function lessOf({ name, variable, parameter, condition = '' }: Setting, all: Variables): Less[] {
  const { [variable]: _, ...rest } = all;
  const words = wordsOf(name);
  if (words !== undefined) {
    const expression = { 'Fn::Equals': [{ Ref: parameter }, words.on] };
    return [{ condition, expression, variables: { ...rest, [variable]: words.off } }];
  }
  if (name === 'monthlyBudget') {
    const expression = { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: parameter }, '0'] }] };
    return [{ condition, expression, variables: { ...rest, [variable]: '0' } }];
  }
  const expression = { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: parameter }, ''] }] };
  const unset = { condition, expression, variables: rest };
  if (name === 'domainName') {
    const { CERTIFICATE_ARN, HOSTED_ZONE_ID, ...without } = rest;
    return [{ ...unset, variables: without }];
  }
  if (variable !== UNCOUNTED.variable) return [unset];
  const uncounted = { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: parameter }, UNCOUNTED.value] }] };
  return [
    unset,
    {
      condition: `${parameter}CanBeCounted`,
      expression: uncounted,
      variables: { ...rest, [variable]: UNCOUNTED.value },
    },
  ];
}

/** What differs from one making to the next, or is the framework's own, is written alike everywhere. */
function prepared(template: Template, given: Variables, settings: readonly Setting[]): Template {
  const { ServerlessDeploymentBucket, ServerlessDeploymentBucketPolicy, ...resources } = template.Resources;
  const { ServerlessDeploymentBucketName, ServiceEndpoint, ...outputs } = template.Outputs ?? {};
  const { Parameters, ...rest } = template;
  const text = JSON.stringify({ ...rest, Resources: resources, Outputs: outputs });
  const copy = JSON.parse(text.replaceAll(/ApiGatewayDeployment\d+/g, 'ApiGatewayDeployment')) as Template;
  for (const { Type, Properties } of Object.values(copy.Resources)) {
    if (Type === 'AWS::Lambda::Function') prepareFunction(Properties as Value, given, settings);
    if (Type === 'AWS::ApiGateway::GatewayResponse') prepareAnswer(Properties as Value);
    // The framework's way to say none, which CDK refuses.
    if (Type === 'AWS::ApiGateway::RestApi' && Properties?.Policy === '') delete (Properties as Value).Policy;
  }
  return copy;
}

function prepareFunction(properties: Value, given: Variables, settings: readonly Setting[]): void {
  const name = properties.FunctionName.slice(`gatehouse-${STAGE}-`.length);
  properties.Code = { S3Bucket: { Ref: 'CodeBucket' }, S3Key: { 'Fn::Sub': `\${CodePrefix}${name}.zip` } };
  const variables = properties.Environment.Variables;
  const inEnvironment = environmentVariables();
  for (const setting of settings.filter(({ variable }) => inEnvironment.has(variable))) {
    const { variable, parameter, condition } = setting;
    const usual = variable in given ? NO_VALUE : (variables[variable] ?? NO_VALUE);
    const isGiven = { Ref: parameter };
    // One of two words is always given.
    variables[variable] =
      wordsOf(setting.name) === undefined ? { 'Fn::If': [condition, isGiven, usual] } : isGiven;
  }
}

/** API Gateway cannot choose among several origins, and these answers hold nothing of anybody's: see grantOrigins. */
function prepareAnswer({ ResponseParameters }: Value): void {
  for (const header of Object.keys(ResponseParameters).filter((name) => /Access-Control-/.test(name))) {
    const value = header.endsWith('-Allow-Origin') ? "'*'" : ResponseParameters[header];
    ResponseParameters[header] = { 'Fn::If': ['HasCorsOrigins', value, NO_VALUE] };
  }
}

/** Puts the parameters where their stand-ins are. @throws Error where that cannot be */
function writeParameters(template: Template, settings: readonly Setting[]): Template {
  const standIns = new Map([
    [STAGE, 'Stage'],
    ...settings
      .filter(({ kind, name }) => kind !== 'rate' && wordsOf(name) === undefined)
      .map(({ standIn, parameter }) => [standIn, parameter] as const),
  ]);
  const any = new RegExp([...standIns.keys()].sort((a, b) => b.length - a.length).join('|'), 'g');
  const inSub = (text: string) => text.replaceAll(any, (found) => `\${${standIns.get(found)}}`);

  function writeText(value: Value, key: string): Value {
    const text = String(value);
    const parameter = standIns.get(text);
    // IAM compares the bare address: `Name <address>` is cut by what comes after a `<` that is always there.
    if (key === 'ses:FromAddress' && parameter !== undefined) return bareAddress(parameter);
    if (parameter !== undefined) return { Ref: parameter };
    if (typeof value !== 'string' || text.search(any) < 0) return value;
    return { 'Fn::Sub': inSub(text.replaceAll('${', '${!')) };
  }

  function write(value: Value, key = ''): Value {
    if (Array.isArray(value)) return value.map((each) => write(each));
    if (!isMap(value)) return writeText(value, key);
    if (isIntrinsic(value) && typeof value['Fn::Sub'] === 'string')
      return { 'Fn::Sub': inSub(value['Fn::Sub']) };
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, write(each, name)]));
  }

  const { Resources, Outputs } = template;
  const written = { ...template, Resources: write(Resources), Outputs: write(Outputs) };
  const left = /"[^"]*gatehouse-parameter[^"]*"/.exec(JSON.stringify(written));
  if (left)
    throw new Error(`A setting goes where no parameter can: ${left[0]} (tools/adopt/package/template.ts).`);
  return written;
}

function bareAddress(parameter: string): Value {
  const twice = { 'Fn::Sub': `\${${parameter}}<\${${parameter}}` };
  const fromAddress = { 'Fn::Select': [1, { 'Fn::Split': ['<', twice] }] };
  return { 'Fn::Select': [0, { 'Fn::Split': ['>', fromAddress] }] };
}

/** By the value of the parameter and the name of the share. */
type Shares = Record<string, Record<string, number>>;

type Limits = Readonly<Record<string, string | number | boolean>>;

/** The rates of each method, by what is asked for of all. */
async function withRates(template: Template): Promise<Template> {
  const functions = (await readService()).functions as unknown as Readonly<Record<string, RoutedFunction>>;
  const limitsAt = (requestsPerSecond: number, hashesPerSecond: number) =>
    methodSettings(functions, { requestsPerSecond, hashesPerSecond }) as Limits[];
  const byRequests = RATE_CHOICES.map((rate) => limitsAt(rate, 500));
  const byHashes = RATE_CHOICES.map((rate) => limitsAt(500, rate));
  const shares: Record<string, Shares> = {};

  function lookUp(parameter: string, values: readonly number[]): Value {
    const share = `Share${createHash('sha256').update(values.join()).digest('hex').slice(0, 8)}`;
    const mapping = `Of${parameter}`;
    const known: Shares =
      shares[mapping] ?? Object.fromEntries(RATE_CHOICES.map((rate) => [String(rate), {}]));
    shares[mapping] = known;
    for (const [place, rate] of RATE_CHOICES.entries())
      (known[String(rate)] ?? {})[share] = values[place] ?? 0;
    return { 'Fn::FindInMap': [mapping, { Ref: parameter }, share] };
  }

  function limited(method: Limits): Value {
    const isThis = ({ HttpMethod, ResourcePath }: Limits) =>
      HttpMethod === method.HttpMethod && ResourcePath === method.ResourcePath;
    const rates = (all: readonly Limits[][]) =>
      all.map((limits) => Number(limits.find(isThis)?.ThrottlingRateLimit));
    const [requests, hashes] = [rates(byRequests), rates(byHashes)];
    const varies = (values: readonly number[]) => new Set(values).size > 1;
    if (varies(requests) && varies(hashes))
      throw new Error(`${method.ResourcePath} is limited by two settings.`);
    if (!varies(requests) && !varies(hashes)) return method;
    const rate = varies(requests) ? lookUp('RequestsPerSecond', requests) : lookUp('HashesPerSecond', hashes);
    return { ...method, ThrottlingRateLimit: rate, ThrottlingBurstLimit: rate };
  }

  function write(value: Value): Value {
    if (Array.isArray(value)) return value.map(write);
    if (!isMap(value)) return value;
    if ('ThrottlingRateLimit' in value) return limited(value);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, write(each)]));
  }

  const { ApiGatewayStage, ...others } = template.Resources;
  const stage = write(ApiGatewayStage) as TemplateResource;
  return { ...template, Mappings: shares, Resources: { ...others, ApiGatewayStage: stage } };
}

/** What whoever builds upon the stack asks of it. */
function described(template: Template): Template {
  const { name, version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest;
  const openapi = parse(readFileSync(`${root}docs/openapi.yaml`, 'utf8'));
  const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  const issuer = functions[0]?.Properties?.Environment.Variables.ISSUER;
  return {
    ...template,
    Description: `${name} ${version}: sign-up, log-in, token refresh, log-out and password reset`,
    Metadata: { ...template.Metadata, Gatehouse: { name, version, contract: contractOf(openapi) } },
    Outputs: {
      ...template.Outputs,
      Issuer: {
        Description: '`iss` of access tokens, and their `aud` unless Audience is set',
        Value: issuer,
      },
      RestApiId: { Description: 'The REST API', Value: { Ref: 'ApiGatewayRestApi' } },
      Version: { Description: 'The version that is deployed', Value: version },
    },
  };
}

/** @throws Error for a parameter and a resource of one name */
function withoutUnused(template: Template): Template {
  const { Conditions = {}, Parameters = {}, ...rest } = template;
  const both = Object.keys(Parameters).find((name) => name in template.Resources);
  if (both !== undefined)
    throw new Error(`${both} is a resource too: see parameterOf in tools/adopt/settings.ts.`);
  const text = JSON.stringify([rest, Conditions]);
  const used = Object.entries(Conditions).filter(
    ([name]) => text.includes(`["${name}",`) || text.includes(`"Condition":"${name}"`),
  );
  return { ...rest, Parameters, Conditions: Object.fromEntries(used) };
}

type Manifest = { name: string; version: string };

/** A deployment of the API is a snapshot: another API needs another one, and the same the same. */
function named(template: Template): Template {
  const ofApi = Object.entries(template.Resources).filter(([, { Type }]) =>
    Type.startsWith('AWS::ApiGateway::'),
  );
  const version = createHash('sha256').update(JSON.stringify(ofApi)).digest('hex').slice(0, 12);
  const text = JSON.stringify(template).replaceAll(
    /"ApiGatewayDeployment"/g,
    `"ApiGatewayDeployment${version}"`,
  );
  return JSON.parse(text) as Template;
}
