// The CDK construct over the packaged template: its resources are those of `npx gatehouse deploy`, by the same names.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import type { Settings } from './settings';

export type { Settings };

export interface GatehouseProps extends Settings {
  /** Where the links in mails lead, such as `https://app.example.com`. */
  readonly appUrl: string;
  /** The sender, which SES has verified: `Example <no-reply@example.com>`. */
  readonly mailFrom: string;
  /** The end of every name: `gatehouse-<stage>-users`. Choose it once. Default: `prod` */
  readonly stage?: string;
  /** A file that exports hooks, as docs/hooks.md says: it is compiled into the functions. */
  readonly hooks?: string;
  /** A folder with texts of your own: `en.ts` and so on. */
  readonly messages?: string;
}

interface Parameter {
  readonly AllowedValues?: readonly string[];
}

const root = resolve(__dirname, '..');

/** Sign-up, log-in, token refresh, log-out and password reset. One stack holds one of them. */
export class Gatehouse extends Construct {
  /** `iss` of access tokens. */
  readonly issuer: string;
  /** Where the API answers. */
  readonly apiUrl: string;
  /** The bus that gets events, where `events` is `on`. */
  readonly eventBus: IEventBus;
  /** The resources, to change what this construct has no word for. */
  readonly template: CfnInclude;

  readonly #stage: string;
  readonly #audience: string;

  /** @throws Error for a setting that there isn't, or whose value is none */
  constructor(scope: Construct, id: string, props: GatehouseProps) {
    super(scope, id);
    const { stage = 'prod', hooks, messages, ...settings } = props;
    this.#stage = stage;
    const code = codeOf(hooks, messages);
    const assets = new Map(
      readdirSync(code)
        .filter((file) => file.endsWith('.zip'))
        .map((file) => [
          file.slice(0, -'.zip'.length),
          new Asset(this, `Code-${file}`, { path: join(code, file) }),
        ]),
    );
    const own = join(code, 'template.json');
    const templateFile = existsSync(own) ? own : join(root, 'deploy', 'template.json');
    this.template = new CfnInclude(this, 'Template', {
      templateFile,
      parameters: { ...parametersOf(settings, templateFile), Stage: stage, CodeBucket: '', CodePrefix: '' },
    });
    this.#placeCode(assets, templateFile);
    this.issuer = this.#output('Issuer');
    this.apiUrl = this.#output('ApiUrl');
    this.#audience = settings.audience ?? this.issuer;
    this.eventBus = EventBus.fromEventBusName(this, 'EventBus', 'default');
    this.#makeFirstKey();
  }

  /** An authorizer of HTTP APIs for access tokens of this Gatehouse. */
  jwtAuthorizer(id = 'Gatehouse'): HttpJwtAuthorizer {
    return new HttpJwtAuthorizer(id, this.issuer, { jwtAudience: [this.#audience] });
  }

  /** Lets a role or user call the administrator's API, which `adminApi: 'on'` makes. */
  grantAdmin(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [
        Stack.of(this).formatArn({
          service: 'execute-api',
          resource: this.#output('RestApiId'),
          resourceName: `${this.#stage}/*/admin/*`,
        }),
      ],
    });
  }

  #output(name: string): string {
    return (this.template.getOutput(name) as CfnOutput).value as string;
  }

  /** Every function's code comes by an asset of its own. */
  #placeCode(assets: ReadonlyMap<string, Asset>, templateFile: string): void {
    const { Resources } = readTemplate(templateFile);
    for (const [id, { Type, Properties }] of Object.entries(Resources)) {
      if (Type !== 'AWS::Lambda::Function') continue;
      const name = Properties.FunctionName['Fn::Sub'].replace(/^.*?\}-/, '');
      const asset = assets.get(name);
      if (asset === undefined) throw new Error(`There is no code for the function ${name}.`);
      const definition = this.template.getResource(id) as CfnFunction;
      definition.code = { s3Bucket: asset.s3BucketName, s3Key: asset.s3ObjectKey };
    }
  }

  /** Only rotate-keys may write keys, and without one nobody can log in. Once there is a key this changes nothing. */
  #makeFirstKey(): void {
    const name = `gatehouse-${this.#stage}-rotate-keys`;
    const arn = Stack.of(this).formatArn({
      service: 'lambda',
      resource: `function:${name}`,
    });
    const first = new AwsCustomResource(this, 'FirstKey', {
      onUpdate: {
        service: 'Lambda',
        action: 'Invoke',
        parameters: { FunctionName: name, Payload: '{"command":"rotate"}' },
        physicalResourceId: PhysicalResourceId.of('first-key'),
        outputPaths: ['StatusCode'],
      },
      policy: AwsCustomResourcePolicy.fromStatements([
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [arn] }),
      ]),
      installLatestAwsSdk: false,
    });
    first.node.addDependency(this.template);
  }
}

interface TemplateFile {
  readonly Parameters: Readonly<Record<string, Parameter>>;
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties: { readonly FunctionName: { 'Fn::Sub': string } } }
    >
  >;
}

function readTemplate(file: string): TemplateFile {
  return JSON.parse(readFileSync(file, 'utf8')) as TemplateFile;
}

/** @throws Error for a setting that there isn't, or a value that it cannot have */
function parametersOf(settings: object, templateFile: string): Record<string, string> {
  const { Parameters } = readTemplate(templateFile);
  const names = JSON.parse(readFileSync(join(root, 'cdk', 'settings.json'), 'utf8')) as Record<
    string,
    string
  >;
  const parameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    const parameter = Object.hasOwn(names, name) ? names[name] : undefined;
    if (parameter === undefined)
      throw new Error(`Gatehouse has no setting ${name}: ${templateFile} has them all.`);
    const allowed = Parameters[parameter]?.AllowedValues;
    if (allowed !== undefined && !allowed.includes(String(value)))
      throw new Error(`${name} must be one of ${allowed.join(', ')}.`);
    parameters[parameter] = String(value);
  }
  return parameters;
}

/** A folder with the zips: the package's own, or made now with hooks and messages compiled in. */
function codeOf(hooks: string | undefined, messages: string | undefined): string {
  if (hooks === undefined && messages === undefined) return join(root, 'deploy', 'code');
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-code-'));
  const options = Object.entries({ hooks, messages }).flatMap(([name, path]) =>
    path === undefined ? [] : [`--${name}`, resolve(path)],
  );
  execFileSync(
    process.execPath,
    [join(root, 'tools', 'adopt', 'gatehouse.js'), 'code', '--to', folder, ...options],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  return folder;
}
