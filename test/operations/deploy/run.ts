// `npm run test:deploy`: the real package, deployed by the real command to a simulated AWS (moto_server), checked
// resource by resource, driven through what was uploaded, deployed again and removed. Needs Python 3 and PyPI, but no
// account and no Docker. Its last line is `N checks passed, N failed`.

import { match, notEqual, ok, deepStrictEqual as same } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { PUBLISHED_AT_LEAST_MS } from '../../../lib/tokens/rotation.ts';
import { serverlessProgram } from '../../../tools/deploy/service.ts';
import { root } from '../../../tools/folders.ts';
import { administer } from '../../harness/signed.ts';
import { check, heading, reportAndExit } from '../checks.ts';
import { type DeployedFunctions, downloadFunctions, type Reader } from './deployed-functions.ts';
import { checkOf, checkRoutes, notSimulated, readStack, routesOf, type Stack } from './resources.ts';
import {
  type Answer,
  check as checkWith,
  installTools,
  packagedTemplate,
  type SimulatedAws,
  startSimulatedAws,
  type Template,
  templateFile,
} from './simulated-aws.ts';

const { values: flags } = parseArgs({ options: { required: { type: 'boolean', default: false } } });

const stackName = 'gatehouse-test';
const prefix = `${stackName}-`;
const settings = {
  ALARM_EMAIL: 'on-call@example.com',
  APP_URL: 'https://app.example.com',
  MAIL_FROM: 'Gatehouse <no-reply@mail.example.com>',
  ADMIN_API: 'on',
  EVENTS: 'on',
};

const plain = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR };

/** The framework's command, with these variables alone. Rejects with its words. */
async function serverless(args: string[], environment: Record<string, string>): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [serverlessProgram(), ...args], {
      cwd: root,
      env: { ...plain, ...environment },
      maxBuffer: 2 ** 26,
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${stdout}${stderr}`.trim() || message);
  }
}

async function deploy(aws: SimulatedAws, given: Record<string, string>): Promise<Template> {
  await serverless(['deploy', '--stage', 'test'], { ...aws.environment, ...given });
  return packagedTemplate('.serverless/');
}

async function checkResources(aws: SimulatedAws, stack: Stack): Promise<void> {
  const unseen = new Map<string, number>();
  const { Resources } = stack.template;
  for (const [id, resource] of Object.entries(Resources)) {
    const { Type } = resource;
    const physicalId = stack.physical.get(id);
    if (notSimulated.has(Type)) unseen.set(Type, (unseen.get(Type) ?? 0) + 1);
    else {
      await check(`${Type.slice(5)} ${id}`, async () => {
        const asked = checkOf[Type];
        ok(physicalId !== undefined || asked, 'it was not made');
        await asked?.(aws, stack, resource, physicalId ?? '');
      });
    }
  }
  await check('the API has the routes of serverless.yml and no other', () => checkRoutes(aws, stack));
  await check('what moto leaves out of what it makes stands in the template', () => {
    for (const [id, { Type, DeletionPolicy, Properties }] of Object.entries(Resources)) {
      if (Type === 'AWS::Lambda::Function') same(Properties.Architectures, ['arm64'], id);
      if (Type === 'AWS::ApiGateway::RestApi') {
        same(Properties.BinaryMediaTypes, ['*/*']);
        same(Properties.EndpointConfiguration.Types, ['REGIONAL']);
      }
      if (Type === 'AWS::KMS::Key') same(DeletionPolicy, 'Retain', id);
      if (Type !== 'AWS::DynamoDB::Table') continue;
      const kept = [
        'UsersTable',
        'EmailsTable',
        'TombstonesTable',
        'FactorsTable',
        'KeysTable',
        'ActivityTable',
      ].includes(id);
      same(DeletionPolicy, kept ? 'Retain' : 'Delete', id);
      same(Properties.DeletionProtectionEnabled ?? false, kept, id);
      if (kept) same(Properties.SSESpecification, { SSEEnabled: true }, id);
      same(Properties.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled ?? false, kept, id);
      same(
        Properties.TimeToLiveSpecification?.Enabled ?? false,
        !['UsersTable', 'EmailsTable'].includes(id),
        id,
      );
    }
  });
  await check('nothing local is in the template', () => {
    const text = JSON.stringify(stack.template);
    for (const local of [
      'SEALING_SECRET',
      'AWS_ENDPOINT_URL',
      'localhost',
      '127.0.0.1',
      '.local',
      'AWS_ACCESS_KEY',
    ])
      ok(!text.includes(local), local);
  });
  const list = [...unseen].map(([type, count]) => `${count} ${type.slice(5)}`).join(', ');
  console.log(`  – moto does not simulate: ${list}`);
}

/** The functions' code as it lies in the bucket of the deployment. */
async function download(aws: SimulatedAws, stack: Stack): Promise<DeployedFunctions> {
  const { Resources } = stack.template;
  const codeKeys: Record<string, string> = {};
  const readers: Reader[] = [];
  /** What a part of another one names by GetAtt. */
  const named = (reference: Answer): Answer => Resources[reference['Fn::GetAtt'][0]]?.Properties ?? {};
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type === 'AWS::Lambda::Function')
      codeKeys[Properties.FunctionName.slice(prefix.length)] = Properties.Code.S3Key;
    if (Type === 'AWS::Lambda::EventSourceMapping')
      readers.push({
        name: named(Properties.FunctionName).FunctionName.slice(prefix.length),
        table: named(Properties.EventSourceArn).TableName,
        patterns: Properties.FilterCriteria.Filters.map(({ Pattern }: Answer) => JSON.parse(Pattern)),
      });
  }
  const bucket = stack.physical.get('ServerlessDeploymentBucket') ?? '';
  return downloadFunctions(aws, prefix, { bucket, codeKeys, readers }, stack.restApiId);
}

/** Everything that a user does, through the code that was uploaded. Returns what is to survive an update. */
async function drive(aws: SimulatedAws, functions: DeployedFunctions, issuer: string) {
  const person = { name: 'Ada Lovelace', email: 'ada@example.com' };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  let password = 'correct horse battery staple';
  let tokens: Answer;
  const welcome = async (token: string) =>
    (await functions.send({ path: '/auth', headers: bearer(token) })).status;

  /** Delivers the stream and reads the newest mail, to the person unless it says to whom. */
  const mailed = async (subject: RegExp, to = person.email): Promise<string> => {
    const { answer } = await functions.deliverStream();
    same(answer?.batchItemFailures ?? [], []);
    const mail = (await aws.mailsTo(to)).at(-1);
    match(mail?.subject ?? '', subject);
    same(mail?.source, settings.MAIL_FROM);
    return mail?.body ?? '';
  };
  const tagIn = (body: string) => {
    match(body, /https:\/\/app\.example\.com\/reset-password\?tag=/);
    return /tag=([\w-]+)/.exec(body)?.[1] ?? '';
  };

  await check('every zip holds one bundle and its package.json', () => {
    for (const [name, files] of Object.entries(functions.files))
      same(
        // Functions that set passwords carry the filter of the common ones too.
        files.filter((file) => file !== 'functions/common-passwords.bin'),
        [`functions/${name}.js`, 'package.json'],
      );
  });
  await check('the deployment ran rotate-keys, without which no key would sign', async () => {
    ok(readFileSync(aws.logFile, 'utf8').includes('-rotate-keys {"command":"rotate"}'));
    ok(await functions.invoke('rotate-keys', { command: 'rotate' }));
  });
  await check('/auth: sign up', async () => {
    const body = { ...person, password, confirm: password };
    const reply = await functions.send({ path: '/auth/register', body });
    same([reply.status, (reply.json as Answer).user?.email], [201, person.email], reply.text);
  });
  await check('/auth: the same address again is refused', async () => {
    const body = { ...person, password, confirm: password };
    same((await functions.send({ path: '/auth/register', body })).status, 400);
  });
  await check('/auth: log in', async () => {
    const reply = await functions.send({ path: '/auth/login', body: { email: person.email, password } });
    same(reply.status, 200, reply.text);
    tokens = reply.json;
  });
  await check('/auth: a wrong password is refused', async () => {
    const body = { email: person.email, password: 'wrong horse battery' };
    same((await functions.send({ path: '/auth/login', body })).status, 401);
  });
  await check("the administrator's API: a role, disabling and enabling, by an IAM principal", async () => {
    const found = await functions.send(administer(`GET /admin/users?email=${person.email}`));
    const [user] = (found.json as Answer).users;
    same([found.status, user?.email, user?.roles], [200, person.email, []], found.text);
    const asked = (route: string, body?: object) => functions.send(administer(route, body));
    const roles = await asked(`PUT /admin/users/${user.userId}/roles`, { roles: ['editor'] });
    same([roles.status, (roles.json as Answer).user?.roles], [200, ['editor']], roles.text);
    const disabled = await asked(`POST /admin/users/${user.userId}/disable`);
    same([disabled.status, await welcome(tokens.accessToken)], [200, 401], disabled.text);
    same((await asked(`POST /admin/users/${user.userId}/enable`)).status, 200);
    const none = await functions.send({ method: 'GET', path: '/admin/users' });
    same([none.status, (none.json as Answer).code], [403, 'forbidden']);
    const reply = await functions.send({ path: '/auth/login', body: { email: person.email, password } });
    tokens = reply.json;
  });
  await check('/auth: welcome', async () => same(await welcome(tokens.accessToken), 200));
  await check('/auth: refresh, and twice with one token gives one successor', async () => {
    const body = { refreshToken: tokens.refreshToken };
    const first = await functions.send({ path: '/auth/refresh-tokens', body });
    const second = await functions.send({ path: '/auth/refresh-tokens', body });
    same([first.status, second.status], [200, 200], first.text + second.text);
    same((first.json as Answer).refreshToken, (second.json as Answer).refreshToken);
    tokens = first.json;
    same(await welcome(tokens.accessToken), 200);
  });
  await check('the published keys verify the token, issuer and audience included', async () => {
    const { json } = await functions.send({ method: 'GET', path: '/.well-known/jwks.json' });
    const keys = createLocalJWKSet(json as Answer);
    const { payload } = await jwtVerify(tokens.accessToken, keys, { issuer, audience: issuer });
    ok(payload.sub);
  });
  await check('the discovery document names the issuer', async () => {
    const { json } = await functions.send({ method: 'GET', path: '/.well-known/openid-configuration' });
    same((json as Answer).issuer, issuer);
  });
  await check('/auth: forget, mail from the stream, reset ends the session', async () => {
    same(
      (await functions.send({ path: '/auth/forget-password', body: { email: person.email } })).status,
      202,
    );
    const tag = tagIn(await mailed(/reset/i));
    password = 'battery staple horse';
    const reply = await functions.send({ path: `/auth/reset-password?token=${tag}`, body: { password } });
    same(reply.status, 200, reply.text);
    same(await welcome(tokens.accessToken), 401);
    const again = await functions.send({ path: `/auth/reset-password?token=${tag}`, body: { password } });
    notEqual(again.status, 200, 'the link works twice');
  });
  await check('the owner is told that the password was changed', async () => {
    await mailed(/password was changed/);
  });
  await check('an unknown address gets the same answer and no mail', async () => {
    const reply = await functions.send({
      path: '/auth/forget-password',
      body: { email: 'nobody@example.com' },
    });
    same(reply.status, 202, reply.text);
    same((await functions.deliverStream()).delivered, 0);
  });
  await check('/auth: log in anew, log out, nothing of it works any more', async () => {
    const logIn = { path: '/auth/login', body: { email: person.email, password } };
    tokens = (await functions.send(logIn)).json;
    same(await welcome(tokens.accessToken), 200);
    for (const name of ['note-activity', 'publish-events']) {
      const { delivered, answer } = await functions.deliverStream(name);
      ok(delivered > 0, `${name} got nothing of the stream`);
      // Not of the bus: with rules of a schedule in it moto doesn't take events.
      if (name === 'note-activity') same(answer, { batchItemFailures: [] }, name);
    }
    const own = { authorization: `Bearer ${tokens.accessToken}` };
    const seen = await functions.send({ method: 'GET', path: '/auth/activity', headers: own });
    same((seen.json as Answer).activity[0].type, 'session.opened');
    ok((await rows(aws)).activity?.length, 'nothing was noted');
    const body = { refreshToken: tokens.refreshToken };
    const headers = bearer(tokens.accessToken);
    const reply = await functions.send({ path: '/auth/logout', body, headers });
    ok(reply.status < 300, reply.text);
    same(await welcome(tokens.accessToken), 401);
    same((await functions.send({ path: '/auth/refresh-tokens', body })).status, 401);
  });

  await check('/api/user: sign up and log in', async () => {
    const body = { name: 'Grace Hopper', email: 'grace@example.com', password };
    const signedUp = await functions.send({ path: '/api/user/signup', body });
    ok(signedUp.status < 300, signedUp.text);
    const loggedIn = await functions.send({ path: '/api/user/login', body });
    same(loggedIn.status, 200, loggedIn.text);
  });
  await check('/api/user: a malformed body is a problem', async () => {
    const headers = { 'content-type': 'application/json' };
    const reply = await functions.send({ path: '/api/user/login', headers, body: '{' });
    same([reply.status, reply.headers['content-type']], [400, 'application/problem+json'], reply.text);
  });

  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  await check('/accounts: log in by a form, log out', async () => {
    const body = `${new URLSearchParams({ username: person.email, password })}`;
    const reply = await functions.send({ path: '/accounts/auth/', headers: form, body });
    same(reply.status, 200, reply.text);
    const { token } = reply.json as Answer;
    const out = { method: 'GET', path: '/accounts/logout/', headers: { token } };
    same((await functions.send(out)).status, 200);
    notEqual((await functions.send(out)).status, 200, 'the log-out works twice');
  });
  await check('/accounts: forget, mail, reset, log in', async () => {
    const forgot = await functions.send({
      path: '/accounts/forgetpassword/',
      headers: form,
      body: `${new URLSearchParams({ email: person.email })}`,
    });
    same(forgot.status, 200, forgot.text);
    const tag = tagIn(await mailed(/reset/i));
    notEqual(tag, (forgot.json as Answer).tag);
    password = 'staple horse battery';
    const reply = await functions.send({ path: `/accounts/resetpassword/?tag=${tag}`, body: { password } });
    same(reply.status, 200, reply.text);
    const logIn = { path: '/accounts/auth/', body: { username: person.email, password } };
    same((await functions.send(logIn)).status, 200);
    await mailed(/password was changed/);
  });
  await driveAccount(functions, { email: person.email, password, mailed });
  await check('/accounts: an error is a sentence', async () => {
    const reply = await functions.send({ path: '/accounts/resetpassword/', body: { password } });
    same([reply.status, reply.json], [406, ['Error: Missing Tag in GET!']]);
  });
  await check('a preflight is answered', async () => {
    const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
    same((await functions.send({ method: 'OPTIONS', path: '/auth/login', headers })).status, 204);
  });
  await check('the schedule’s event rotates keys', async () => {
    ok(await functions.invoke('rotate-keys', { command: 'rotate' }));
  });
  await check('the tables hold no password, no token and no mailed link', async () => {
    const dump = JSON.stringify(await rows(aws));
    const secrets = [password, tokens.accessToken, tokens.refreshToken, 'correct horse battery staple'];
    for (const mail of await aws.mailsTo(person.email)) {
      const tag = /tag=([\w-]+)/.exec(mail.body)?.[1];
      if (tag) secrets.push(tag);
    }
    for (const secret of secrets) ok(!dump.includes(secret), 'one of them is in a table');
  });

  const logIn = await functions.send({ path: '/auth/login', body: { email: person.email, password } });
  return { ...person, password, tokens: logIn.json as Answer };
}

type Driven = {
  email: string;
  password: string;
  /** Delivers the stream. @returns the body of the newest mail, whose subject has to be this */
  mailed: (subject: RegExp, to?: string) => Promise<string>;
};

/** What the holder of an account does with it, mails included. It is as it was in the end. */
async function driveAccount(functions: DeployedFunctions, { email, password, mailed }: Driven) {
  type Tokens = { accessToken: string; refreshToken: string };
  const next = 'ada@next.example.com';
  let tokens: Tokens;
  const send = async (path: string, body?: object, status = 200): Promise<Answer> => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = tokens && { authorization: `Bearer ${tokens.accessToken}` };
    const reply = await functions.send({ method, path, ...(headers && { headers }), ...(body && { body }) });
    same(reply.status, status, `${path} ${reply.text}`);
    return reply.json;
  };
  const logIn = async (address: string, status = 200) => {
    const reply = await functions.send({ path: '/auth/login', body: { email: address, password } });
    same(reply.status, status, reply.text);
    return reply.json as Tokens;
  };
  const linkIn = (mail: string, page: string) => new RegExp(`/${page}\\?tag=([\\w-]+)`).exec(mail)?.[1];
  const codeIn = (mail: string) => /(?<![\w-])\d{8}(?![\w-])/.exec(mail)?.[0];

  await check('the account: profile, sessions, export, step-up', async () => {
    tokens = await logIn(email);
    await logIn(email);
    same((await send('/auth/account')).user.email, email);
    await send('/auth/profile', { name: 'Ada' });
    ok((await send('/auth/sessions')).sessions.length >= 2);
    await send('/auth/sessions/end', { others: true });
    same((await send('/auth/sessions')).sessions.length, 1);
    tokens = { ...tokens, ...(await send('/auth/step-up', { password })) };
    same((await send('/auth/export')).user.name, 'Ada');
  });
  await check('the account: a change of address, confirmed by the mailed code', async () => {
    await send('/auth/change-email', { email: next }, 202);
    ok(linkIn(await mailed(/being changed/), 'undo'));
    const code = codeIn(await mailed(/Confirm/, next));
    await send('/auth/verify-email', { code });
    same((await send('/auth/account')).user.email, next);
    await logIn(email, 401);
  });
  await check('the account: the undo of it, mailed to the old address, ends every session', async () => {
    const token = linkIn(await mailed(/was changed/), 'undo');
    same((await functions.send({ method: 'GET', path: `/undo?tag=${token}` })).status, 200);
    await send('/auth/undo', { token });
    await send('/auth/account', undefined, 401);
    ok(linkIn(await mailed(/restored/), 'reset-password'));
    tokens = await logIn(email);
    await logIn(next, 401);
  });
  await check('the account: another password, and back; notices of both', async () => {
    await send('/auth/change-password', { password, newPassword: 'a much newer battery' });
    await mailed(/new password/);
    await send('/auth/change-password', { password: 'a much newer battery', newPassword: password });
    await mailed(/new password/);
  });
  await check('the account: an address is verified by the mailed link, and an account deleted', async () => {
    const grace = { name: 'Grace', email: 'grace.h@example.com', password, confirm: password };
    await functions.send({ path: '/auth/register', body: grace });
    tokens = await logIn(grace.email);
    await send('/auth/send-verification', {}, 202);
    const token = linkIn(await mailed(/Confirm/, grace.email), 'verify-email');
    await send('/auth/verify-email', { token, password });
    same((await send('/auth/account')).user.emailVerified, true);
    await send('/auth/delete-account', {});
    await mailed(/was deleted/, grace.email);
    await logIn(grace.email, 401);
  });
}

async function rows(aws: SimulatedAws): Promise<Record<string, Answer[]>> {
  const found: Record<string, Answer[]> = {};
  const { TableNames } = await aws.ask('dynamodb', 'ListTables');
  for (const TableName of TableNames)
    found[TableName.slice(prefix.length)] = (await aws.ask('dynamodb', 'Scan', { TableName })).Items;
  return found;
}

async function codeOf(aws: SimulatedAws, name: string): Promise<string> {
  const answer = await aws.ask('lambda', 'GetFunctionConfiguration', { FunctionName: prefix + name });
  return answer.CodeSha256;
}

/** A deployment that uses everything that can be switched on, and what each of it is to make of the template. */
const everything = {
  ...settings,
  AWS_REGION: 'eu-central-1',
  CANARY: 'true',
  CERTIFICATE_ARN: 'arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555',
  CORS_ORIGINS: 'https://app.example.com, https://admin.example.com',
  DOMAIN_NAME: 'auth.example.com',
  API_LOG_ROLE: 'true',
  API_REFERENCE: 'true',
  HASHES_PER_SECOND: '200',
  HASHING_CONCURRENCY: '30',
  HOSTED_ZONE_ID: 'Z0123456789ABC',
  LOG_RETENTION_DAYS: '365',
  MEMORY_MB: '3538',
  MONTHLY_BUDGET: '250',
  PROVISIONED_CONCURRENCY: '2',
  REQUESTS_PER_SECOND: '900',
  WAF: 'true',
  WAF_HASHES: '50',
  WAF_REQUESTS: '500',
};

/** CloudFormation takes 500 resources. What the next issues add needs room, and so does whoever deploys. */
const MAX_RESOURCES = 470;

async function lint(template: string): Promise<void> {
  for (const [tool, args] of [
    ['cfn-lint', [template]],
    ['checkov', ['--config-file', '.ci/checkov.yml', '-f', template]],
  ] as const) {
    await check(`${tool} has nothing to say`, async () => {
      const { ok: content, output } = await checkWith(tool, [...args]);
      ok(content, output);
    });
  }
}

async function checkEverything(): Promise<void> {
  heading('A package of stage prod with everything switched on');
  const folder = '.build/deploy-everything';
  const made = await check('serverless package --stage prod', () =>
    serverless(['package', '--stage', 'prod', '--package', folder], everything),
  );
  if (!made) return;
  await lint(`${folder}/${templateFile}`);
  const { Resources, Outputs } = packagedTemplate(`${folder}/`);
  const all = (type: string) =>
    Object.values(Resources)
      .filter(({ Type }) => Type === `AWS::${type}`)
      .map(({ Properties }) => Properties);
  await check(`at most ${MAX_RESOURCES} resources with everything switched on`, () => {
    const count = Object.keys(Resources).length;
    console.log(`      ${count} resources`);
    ok(count <= MAX_RESOURCES, `${count}`);
  });
  const [domain] = all('ApiGateway::DomainName');
  await check(
    'a domain by TLS 1.2 or newer, which is the only way in, the issuer and the printed URL',
    () => {
      same([domain?.DomainName, domain?.SecurityPolicy], ['auth.example.com', 'TLS_1_2']);
      same(all('ApiGateway::RestApi')[0]?.DisableExecuteApiEndpoint, true);
      same(all('Route53::RecordSetGroup')[0]?.RecordSets.length, 2);
      for (const { Environment } of all('Lambda::Function'))
        same(Environment.Variables.ISSUER, 'https://auth.example.com');
      same((Outputs.ApiUrl as Answer).Value, 'https://auth.example.com');
    },
  );
  const routes = routesOf({ template: { Resources, Outputs }, prefix: 'gatehouse-prod-' });
  const limits = (route: string) => {
    const [{ MethodSettings }] = all('ApiGateway::Stage') as [Answer];
    const found = MethodSettings.find(
      (each: Answer) => `${each.HttpMethod} ${each.ResourcePath.slice(1).replaceAll('~1', '/')}` === route,
    );
    return Number(found?.ThrottlingRateLimit);
  };
  await check('every method has a limit of its own, by what it costs', () => {
    const [{ MethodSettings }] = all('ApiGateway::Stage') as [Answer];
    const limits = Object.fromEntries(
      MethodSettings.map((each: Answer) => [
        `${each.HttpMethod} ${each.ResourcePath.slice(1).replaceAll('~1', '/')}`,
        Number(each.ThrottlingRateLimit),
      ]),
    );
    same(limits['* *'], 90);
    for (const route of Object.keys(routes)) {
      ok(limits[route] >= 1, `${route} has no limit of its own`);
      if (/^POST .*(signup|register|login|accounts\/auth)$/.test(route)) same(limits[route], 200, route);
      if (/^POST .*(forget|reset|forgot)-?password$/.test(route)) same(limits[route], 20, route);
      if (/^OPTIONS /.test(route)) same(limits[route], 45, route);
      if (/^GET .(docs|openapi)/.test(route)) same(limits[route], 5, route);
    }
    same([limits['POST /auth'], limits['POST /auth/refresh-tokens']], [900, 900]);
    for (const { LoggingLevel, DataTraceEnabled } of MethodSettings)
      same([LoggingLevel, DataTraceEnabled], ['OFF', false]);
  });
  await check("the administrator's API is for IAM principals alone, without preflights", () => {
    const methodsOf = (pattern: RegExp) =>
      Object.values(Resources).filter(
        ({ Type, Properties }) =>
          Type === 'AWS::ApiGateway::Method' && pattern.test(JSON.stringify(Properties.ResourceId)),
      );
    const ofAdmin = methodsOf(/Admin/);
    ok(ofAdmin.length >= 13, `${ofAdmin.length}`);
    for (const { Properties } of ofAdmin) same(Properties.AuthorizationType, 'AWS_IAM');
    const others = all('ApiGateway::Method').filter(
      ({ AuthorizationType }) => AuthorizationType === 'AWS_IAM',
    );
    same(others.length, ofAdmin.length);
    for (const route of Object.keys(routes))
      if (/ .admin/.test(route)) same([limits(route), /^OPTIONS/.test(route)], [20, false], route);
  });
  await check('a request that nobody signed is 403, and an unknown path 404', () => {
    const statusOf = Object.fromEntries(
      all('ApiGateway::GatewayResponse').map(({ ResponseType, StatusCode }) => [ResponseType, StatusCode]),
    );
    same([statusOf.MISSING_AUTHENTICATION_TOKEN, statusOf.INVALID_SIGNATURE], ['403', '403']);
    const mocks = all('ApiGateway::Method').filter(({ Integration }) => Integration.Type === 'MOCK');
    same(mocks.map(({ HttpMethod, AuthorizationType }) => [HttpMethod, AuthorizationType]).sort(), [
      ['ANY', 'AWS_IAM'],
      ['ANY', 'NONE'],
    ]);
    for (const { Integration } of mocks) same(Integration.IntegrationResponses[0].StatusCode, '404');
  });
  await check('hashing is bounded by reserved concurrency, and nothing else is', () => {
    const reserved = all('Lambda::Function').flatMap(({ FunctionName, ReservedConcurrentExecutions }) =>
      ReservedConcurrentExecutions === undefined ? [] : [[FunctionName, ReservedConcurrentExecutions]],
    );
    const hashing = 'change-password login pages reset-password signup step-up verify-email'.split(' ');
    same(
      reserved.sort(),
      hashing.map((name) => [`gatehouse-prod-${name}`, 30]),
    );
  });
  await check('a budget that reaches somebody', () => {
    const [budget] = all('Budgets::Budget');
    same(budget?.Budget.BudgetLimit.Unit, 'USD');
    same(Number(budget?.Budget.BudgetLimit.Amount), 250);
    const told = budget?.NotificationsWithSubscribers.flatMap(({ Subscribers }: Answer) => Subscribers);
    same([...new Set(told.map(({ Address }: Answer) => Address))], ['on-call@example.com']);
  });
  await check('every function and every table has its alarm', () => {
    const watched = JSON.stringify(all('CloudWatch::Alarm').map(({ Metrics }) => Metrics));
    for (const { FunctionName } of all('Lambda::Function'))
      ok(watched.includes(`"${FunctionName}"`), FunctionName);
    for (const { TableName } of all('DynamoDB::Table')) ok(watched.includes(`"${TableName}"`), TableName);
  });
  await check('alarms on refused requests, unusual log-ins and mail that stopped', () => {
    const names = all('CloudWatch::Alarm').map(({ AlarmName }) => AlarmName);
    for (const name of ['refused-requests', 'failed-log-ins', 'lockouts', 'stopped-mail', 'refused-mail'])
      ok(names.includes(`gatehouse-prod-${name}`), name);
    same(all('CloudWatch::AnomalyDetector').length, 4); // log-ins, locks, codes, passkeys
  });
  await check('access logs are JSON without query, address, header or body', () => {
    const [{ AccessLogSetting }] = all('ApiGateway::Stage') as [Answer];
    const format = JSON.parse(AccessLogSetting.Format) as Record<string, string>;
    for (const value of Object.values(format))
      ok(
        !/querystring|sourceIp|userAgent|header|context\.path$|identity|authorizer|input/.test(value),
        value,
      );
    same(
      all('Logs::LogGroup').every(({ RetentionInDays }) => Number(RetentionInDays) === 365),
      true,
    );
  });
  await check(
    'what API Gateway answers itself may be read by pages, and repeats no word of a request',
    () => {
      const answers = all('ApiGateway::GatewayResponse');
      ok(answers.length >= 5);
      for (const { ResponseParameters, ResponseTemplates } of answers) {
        same(ResponseParameters['gatewayresponse.header.Access-Control-Allow-Origin'], "'*'");
        ok(!JSON.stringify(ResponseTemplates).includes('$'), JSON.stringify(ResponseTemplates));
      }
    },
  );
  await check('a web ACL with a rate rule and the managed rules, on the stage', () => {
    const [acl] = all('WAFv2::WebACL');
    same(
      acl?.Rules.map(({ Name }: Answer) => Name),
      ['one-address', 'one-address-hashing', 'known-bad-inputs', 'common'],
    );
    same(
      acl?.Rules.slice(0, 2).map(({ Statement }: Answer) => Number(Statement.RateBasedStatement.Limit)),
      [500, 50],
    );
    same(all('WAFv2::WebACLAssociation').length, 1);
  });
  await check('each function of the API has an alias that CodeDeploy moves, and the API calls it', () => {
    const aliases = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Alias');
    const called = new Set(Object.values(routesOf({ template: { Resources, Outputs }, prefix: '' })));
    same(aliases.length, called.size);
    same(all('CodeDeploy::DeploymentGroup').length, called.size);
    for (const { UpdatePolicy } of aliases) ok(UpdatePolicy?.CodeDeployLambdaAliasUpdate);
    for (const { Integration } of all('ApiGateway::Method'))
      if (Integration.Type !== 'MOCK') match(JSON.stringify(Integration.Uri), /"(live|provisioned)"/);
    const warm = aliases.filter(({ Properties }) => Properties.ProvisionedConcurrencyConfig);
    same(warm.length, 3);
  });
  await check('memory as set', () => {
    for (const { MemorySize } of all('Lambda::Function')) same(MemorySize, 3538);
  });
}

async function checkRefusals(aws: SimulatedAws): Promise<void> {
  heading('Settings that stop a deployment');
  const refused = async (stage: string, given: Record<string, string>, sentences: RegExp[]) => {
    const said = await serverless(['deploy', '--stage', stage], { ...aws.environment, ...given }).then(
      () => 'It was deployed.',
      (error: Error) => error.message,
    );
    for (const sentence of sentences) match(said, sentence);
    same(said.match(/^ {2}- /gm)?.length, sentences.length, said);
  };
  await check('missing ones, all at once', () =>
    refused('prod', {}, [/- APP_URL is missing/, /- MAIL_FROM is missing/, /- ALARM_EMAIL .* is missing/]),
  );
  await check('malformed ones, all at once', () =>
    refused(
      'test',
      {
        ACCESS_TOKEN_TTL: 'an hour',
        ALARM_EMAIL: 'nobody',
        APP_URL: 'app.example.com',
        API_LOG_ROLE: 'mine',
        CANARY: 'perhaps',
        CERTIFICATE_ARN: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
        CORS_ORIGINS: 'https://app.example.com/',
        HASHES_PER_SECOND: '0',
        HASHING_CONCURRENCY: 'all',
        ISSUER: 'auth.example.com',
        LOG_RETENTION_DAYS: '31',
        MAIL_FROM: 'nobody',
        MEMORY_MB: 'plenty',
        MONTHLY_BUDGET: 'little',
        PROVISIONED_CONCURRENCY: '-1',
        REQUESTS_PER_SECOND: 'many',
        TRUSTED_PROXY_HEADER: 'X Real Client',
        WAF: 'yes',
        WAF_HASHES: '1',
        WAF_REQUESTS: '1',
      },
      [
        /- ACCESS_TOKEN_TTL must/,
        /- ALARM_EMAIL .* must/,
        /- APP_URL must/,
        /- API_LOG_ROLE .* must/,
        /- CANARY .* must/,
        /- CERTIFICATE_ARN .* must be in the API's region/,
        /- CORS_ORIGINS must/,
        /- DOMAIN_NAME .* is missing/,
        /- HASHES_PER_SECOND .* must/,
        /- HASHING_CONCURRENCY .* must/,
        /- ISSUER must/,
        /- LOG_RETENTION_DAYS .* must/,
        /- MAIL_FROM must/,
        /- MEMORY_MB .* must/,
        /- MONTHLY_BUDGET .* must/,
        /- PROVISIONED_CONCURRENCY .* must/,
        /- REQUESTS_PER_SECOND .* must/,
        /- WAF .* must/,
        /- WAF_REQUESTS .* must/,
        /- TRUSTED_PROXY_HEADER must/,
        /- TRUSTED_PROXY_HEADER and TRUSTED_PROXY_SECRET must be set together/,
        /- WAF_HASHES .* must/,
      ],
    ),
  );
  await check('those of this machine or of a test', () =>
    refused('test', { ...settings, APP_URL: 'http://localhost:3000', BCRYPT_COST: '4' }, [
      /- APP_URL must begin with https/,
      /- BCRYPT_COST must be at least 10/,
    ]),
  );
  await check('nothing was touched', async () => {
    same((await aws.ask('cloudformation', 'ListStacks')).StackSummaries ?? [], []);
    same((await aws.ask('s3', 'ListBuckets')).Buckets ?? [], []);
  });
}

async function main(aws: SimulatedAws): Promise<void> {
  await checkRefusals(aws);
  await checkEverything();
  heading(`Deployed to moto at ${aws.url}: npx serverless deploy --stage test`);
  let template: Template | undefined;
  await check('the command succeeds', async () => {
    template = await deploy(aws, settings);
  });
  if (template === undefined) return;
  await lint(`.serverless/${templateFile}`);

  heading('What is there');
  const stack = await readStack(aws, stackName, template);
  await checkResources(aws, stack);
  const issuer = `https://${stack.restApiId}.execute-api.eu-central-1.amazonaws.com/test`;

  heading('The flow, through the uploaded zips');
  // An operator verifies the sender in SES before the first deployment.
  await aws.ask('ses', 'VerifyEmailIdentity', { EmailAddress: 'no-reply@mail.example.com' });
  const functions = await download(aws, stack);
  let survivor: Awaited<ReturnType<typeof drive>>;
  try {
    survivor = await drive(aws, functions, issuer);
  } finally {
    functions.stop();
  }
  const before = await rows(aws);
  const codeBefore = await codeOf(aws, 'login');

  heading('An update: ACCESS_TOKEN_TTL=600');
  await check('the command succeeds again', async () => {
    template = await deploy(aws, { ...settings, ACCESS_TOKEN_TTL: '600' });
  });
  const updated = await readStack(aws, stackName, template);
  await check('every row of every table is still there', async () => same(await rows(aws), before));
  await check('API, tables and key are the same ones', () => {
    for (const [id, { Type }] of Object.entries(updated.template.Resources)) {
      if (!/RestApi|Table|KMS::Key/.test(Type)) continue;
      same(updated.physical.get(id), stack.physical.get(id), id);
    }
  });
  await check('the functions have the new setting, and the same code', async () => {
    const { Environment } = await aws.ask('lambda', 'GetFunctionConfiguration', {
      FunctionName: `${prefix}login`,
    });
    same(Environment.Variables.ACCESS_TOKEN_TTL, '600');
    same(await codeOf(aws, 'login'), codeBefore);
  });
  const newer = await download(aws, updated);
  try {
    await check('a session from before goes on, a log-in from now has the new lifetime', async () => {
      const headers = { authorization: `Bearer ${survivor.tokens.accessToken}` };
      same((await newer.send({ path: '/auth', headers })).status, 200);
      const reply = await newer.send({ path: '/auth/login', body: survivor });
      same([reply.status, (reply.json as Answer).expiresIn], [200, 600], reply.text);
    });
  } finally {
    newer.stop();
  }

  heading('npx serverless remove --stage test');
  await check('the command succeeds', () =>
    serverless(['remove', '--stage', 'test'], { ...aws.environment, ...settings }),
  );
  await check('accounts are left, the rest is gone', async () => {
    const left = await rows(aws);
    same(Object.keys(left).sort(), ['activity', 'emails', 'factors', 'keys', 'tombstones', 'users']);
    same(left.users, before.users);
    same(left.emails, before.emails);
    // Not the API: moto's CloudFormation cannot delete one.
    same((await aws.ask('lambda', 'ListFunctions')).Functions, []);
    // One role stays with API Gateway's account-wide setting, which refers to it.
    const { Roles } = await aws.ask('iam', 'ListRoles');
    match(Roles.map(({ RoleName }: Answer) => RoleName).join(), /^[\w-]+-ApiLogRole-\w+$/);
    same((await aws.ask('eventbridge', 'ListRules')).Rules, []);
  });
  await check('the sealing key is left', async () => {
    const { KeyMetadata } = await aws.ask('kms', 'DescribeKey', { KeyId: stack.physical.get('SealingKey') });
    same(KeyMetadata.KeyState, 'Enabled');
  });

  heading('Deployed anew, over the accounts that were left');
  await check('the command succeeds', async () => {
    template = await deploy(aws, settings);
  });
  const anew = await download(aws, await readStack(aws, stackName, template));
  try {
    await check('users log in as before, with keys of the new stack', async () => {
      // As docs/operations.md says: the kept keys are sealed by the KMS key of the stack that is gone.
      await anew.invoke('rotate-keys', { command: 'rotate-now' });
      await new Promise((resume) => setTimeout(resume, PUBLISHED_AT_LEAST_MS));
      const reply = await anew.send({ path: '/auth/login', body: survivor });
      same(reply.status, 200, reply.text);
      const headers = { authorization: `Bearer ${(reply.json as Answer).accessToken}` };
      same((await anew.send({ path: '/auth', headers })).status, 200);
    });
    await check('a token of before is refused', async () => {
      const headers = { authorization: `Bearer ${survivor.tokens.accessToken}` };
      same((await anew.send({ path: '/auth', headers })).status, 401);
    });
  } finally {
    anew.stop();
  }
}

try {
  console.log(
    'Python environments with moto, cfn-lint and checkov: .build/deploy-python, .build/deploy-checkov',
  );
  await installTools();
} catch (error) {
  console.log(`
  ***********************************************************************
  *  SKIPPED: nothing was deployed and nothing was checked.             *
  *  moto, cfn-lint and checkov could not be installed from PyPI.       *
  ***********************************************************************
${(error as Error).message.trim().split('\n').slice(-3).join('\n')}

0 checks passed, ${flags.required ? 1 : 0} failed`);
  process.exit(flags.required ? 1 : 0);
}
const aws = await startSimulatedAws();
await reportAndExit(() => main(aws), aws.stop);
