// The CDK construct: an app in TypeScript with a hook, type-checked, synthesized and deployed to the simulated AWS.
import { match, ok, deepStrictEqual as same } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { zipSync } from 'fflate';
import { decodeJwt } from 'jose';
import type { Template, Value } from '../../../tools/adopt/template/types.ts';
import { root } from '../../../tools/folders.ts';
import { check, heading } from '../checks.ts';
import type { Answer, SimulatedAws } from '../deploy/simulated-aws.ts';
import { openDeployed } from './deployed.ts';
import type { Project } from './project.ts';

const app = `import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Rule } from 'aws-cdk-lib/aws-events';
import { Gatehouse } from 'gatehouse/cdk';

const app = new App({ outdir: 'cdk.out' });
const stack = new Stack(app, 'Example', { env: { account: '123456789012', region: 'eu-central-1' } });
const auth = new Gatehouse(stack, 'Auth', {
  stage: 'cdk',
  appUrl: 'https://app.example.com',
  mailFrom: 'Example <no-reply@mail.example.com>',
  hooks: './hooks.ts',
  waf: false,
  accessTokenTtl: 900,
});
const api = new HttpApi(stack, 'Api', { defaultAuthorizer: auth.jwtAuthorizer() });
api.addRoutes({ path: '/me', integration: new HttpUrlIntegration('Me', 'https://example.com') });
const backOffice = new Role(stack, 'BackOffice', { assumedBy: new AccountRootPrincipal() });
auth.grantAdmin(backOffice);
new Rule(stack, 'Deleted', { eventBus: auth.eventBus, eventPattern: { source: ['gatehouse'] } });
new CfnOutput(stack, 'Where', { value: auth.apiUrl });
app.synth();
`;

const hooks = `import type { Claims } from 'gatehouse/hooks';

export const claims: Claims = ({ user }) => ({ greeting: \`Hello, \${user.name}\` });
`;

const password = 'correct horse battery staple';

export async function checkCdk(project: Project, aws: SimulatedAws): Promise<void> {
  heading('The CDK construct');
  const run = promisify(execFile);
  const env = { ...process.env, NODE_OPTIONS: '' };
  const here = { cwd: project.folder, env, maxBuffer: 2 ** 26 };
  const installed = await check('aws-cdk-lib and constructs are its peers, and install beside it', () =>
    run(
      'npm',
      [
        'install',
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
        'aws-cdk-lib@2',
        'constructs@10',
        '@types/node@24',
      ],
      here,
    ),
  );
  if (!installed) return;
  project.write('app.mts', app);
  project.write('hooks.ts', hooks);
  await check('an app that uses it passes the type checker', async () => {
    const flags = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--types', 'node'];
    const target = ['--module', 'nodenext', '--target', 'es2022'];
    const compiler = `${root}node_modules/typescript/bin/tsc`;
    await run(process.execPath, [compiler, ...flags, ...target, 'app.mts', 'hooks.ts'], here).catch(
      (error) => {
        throw new Error(error.stdout);
      },
    );
  });
  const made = await check('it is synthesized', () => run(process.execPath, ['app.mts'], here));
  if (!made) return;
  const template = JSON.parse(
    readFileSync(`${project.folder}/cdk.out/Example.template.json`, 'utf8'),
  ) as Template;
  await check('what it exposes is in the template', () => checkExposed(template));
  await check('its template is deployed, and the hook counts', async () => {
    await uploadAssets(project, aws);
    await deploy(aws, template);
    await useIt(aws);
  });
}

function checkExposed({ Resources }: Template): void {
  const all = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
  const [authorizer] = all('AWS::ApiGatewayV2::Authorizer');
  const { Issuer, Audience } = authorizer?.Properties?.JwtConfiguration ?? {};
  match(JSON.stringify(Issuer), /execute-api/);
  same(Audience, [Issuer]);
  const policies = JSON.stringify(all('AWS::IAM::Policy'));
  match(policies, /execute-api:Invoke/);
  match(policies, /\/cdk\/\*\/admin\/\*/);
  for (const { Properties } of all('AWS::Lambda::Function').filter(({ Properties }) => isOurs(Properties)))
    match(JSON.stringify(Properties?.Code.S3Bucket), /cdk-hnb659fds-assets/);
}

const isOurs = (properties: Value) => JSON.stringify(properties.FunctionName ?? '').includes('gatehouse-');

type Manifest = {
  files: Record<
    string,
    {
      source: { path: string; packaging: string };
      destinations: Record<string, { bucketName: string; objectKey: string }>;
    }
  >;
};

/** What the command cdk does before it deploys. */
async function uploadAssets(project: Project, aws: SimulatedAws): Promise<void> {
  const folder = `${project.folder}/cdk.out/`;
  const { files } = JSON.parse(readFileSync(`${folder}Example.assets.json`, 'utf8')) as Manifest;
  const buckets = new Set<string>();
  for (const { source, destinations } of Object.values(files)) {
    const path = `${folder}${source.path}`;
    const Body = statSync(path).isDirectory()
      ? zipSync(Object.fromEntries(readdirSync(path).map((file) => [file, readFileSync(`${path}/${file}`)])))
      : readFileSync(path);
    for (const { bucketName: Bucket, objectKey: Key } of Object.values(destinations)) {
      const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' };
      if (!buckets.has(Bucket)) await aws.ask('s3', 'CreateBucket', { Bucket, CreateBucketConfiguration });
      buckets.add(Bucket);
      await aws.ask('s3', 'PutObject', { Bucket, Key, Body });
    }
  }
}

async function deploy(aws: SimulatedAws, template: Template): Promise<void> {
  const { Rules: _, ...body } = template as Template & { Rules?: unknown };
  const set = { StackName: 'Example', ChangeSetName: 'first' };
  await aws.ask('ssm', 'PutParameter', {
    Name: '/cdk-bootstrap/hnb659fds/version',
    Value: '21',
    Type: 'String',
  });
  await aws.ask('cloudformation', 'CreateChangeSet', {
    ...set,
    ChangeSetType: 'CREATE',
    Capabilities: ['CAPABILITY_NAMED_IAM'],
    TemplateBody: JSON.stringify(body),
  });
  await aws.ask('cloudformation', 'ExecuteChangeSet', set);
}

async function useIt(aws: SimulatedAws): Promise<void> {
  const functions = await openDeployed(aws, 'Example', 'gatehouse-cdk-');
  try {
    ok(await functions.invoke('rotate-keys', { command: 'rotate' }));
    const person = { name: 'Grace Hopper', email: 'grace@example.com' };
    await functions.send({ path: '/auth/register', body: { ...person, password, confirm: password } });
    const { status, json, text } = await functions.send({
      path: '/auth/login',
      body: { email: person.email, password },
    });
    same([status, (json as Answer)?.expiresIn], [200, 900], text);
    same(decodeJwt((json as Answer).accessToken).greeting, 'Hello, Grace Hopper');
  } finally {
    functions.stop();
  }
}
