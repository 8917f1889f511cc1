// `npx gatehouse deploy` to the simulated AWS.
import { match, ok, deepStrictEqual as same } from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { check, heading } from '../checks.ts';
import type { Answer, SimulatedAws } from '../deploy/simulated-aws.ts';
import { openDeployed, parametersOf } from './deployed.ts';
import type { Project } from './project.ts';

const password = 'correct horse battery staple';

export async function checkDeploy(project: Project, aws: SimulatedAws): Promise<void> {
  heading('npx gatehouse deploy --stage test');
  const deploy = (...more: string[]) =>
    project.gatehouse(['deploy', '--stage', 'test', ...more], aws.environment);
  await check('what is missing is named, and nothing is touched', async () => {
    const { code, said } = await deploy();
    same(code, 1);
    match(said, /- APP_URL is missing/);
    match(said, /- MAIL_FROM is missing/);
    same((await aws.ask('s3', 'ListBuckets')).Buckets ?? [], []);
  });
  project.write('gatehouse.yml', settings);
  await check('it makes the stack, and says where the API is', async () => {
    const { code, said } = await deploy();
    same(code, 0, said);
    match(said, /^ApiUrl +https:\/\/\w+\.execute-api\.eu-central-1\.amazonaws\.com\/test$/m);
    match(said, /^Version +\d+\.\d+\.\d+$/m);
  });
  await checkFlow(aws, project);
  await checkOwnCode(project, aws, deploy);
}

const settings = `default:
  brandName: Example
test:
  appUrl: https://app.example.com
  mailFrom: Example <no-reply@mail.example.com>
  accessTokenTtl: 600
`;

async function checkFlow(aws: SimulatedAws, project: Project): Promise<void> {
  await aws.ask('ses', 'VerifyEmailIdentity', { EmailAddress: 'no-reply@mail.example.com' });
  const functions = await openDeployed(aws, 'gatehouse-test', 'gatehouse-test-');
  try {
    await check('somebody signs up and logs in, and the setting counts', async () => {
      ok(await functions.invoke('rotate-keys', { command: 'rotate' })); // moto ran it only in name
      const person = { name: 'Ada Lovelace', email: 'ada@example.com' };
      const register = { path: '/auth/register', body: { ...person, password, confirm: password } };
      same((await functions.send(register)).status, 201);
      const { status, json, text } = await functions.send({
        path: '/auth/login',
        body: { email: person.email, password },
      });
      same([status, (json as Answer)?.expiresIn], [200, 600], text);
    });
    await check('a mail is sent from the address of a sender with a name', async () => {
      await functions.send({ path: '/auth/forget-password', body: { email: 'ada@example.com' } });
      same((await functions.deliverStream()).answer?.batchItemFailures, []);
      ok((await aws.mailsTo('ada@example.com')).length > 0);
    });
    await check('users finds the account in the deployed stage', async () => {
      const { code, said } = await project.gatehouse(['users', 'list', '--stage', 'test'], aws.environment);
      same(code, 0, said);
      match(said, / active +ada@example\.com$/m);
    });
  } finally {
    functions.stop();
  }
}

async function checkOwnCode(
  project: Project,
  aws: SimulatedAws,
  deploy: () => ReturnType<Project['gatehouse']>,
): Promise<void> {
  await check('messages/en.ts takes the place of a text', async () => {
    const before = await parametersOf(aws, 'gatehouse-test');
    mkdirSync(`${project.folder}/messages`);
    writeFileSync(
      `${project.folder}/messages/en.ts`,
      "export const pages = { forget: { title: 'Lost your key?' } };\n",
    );
    const { code, said } = await deploy();
    same(code, 0, said);
    const after = await parametersOf(aws, 'gatehouse-test');
    same(after.CodeBucket, before.CodeBucket);
    ok(after.CodePrefix !== before.CodePrefix, 'the code is the same');
    const functions = await openDeployed(aws, 'gatehouse-test', 'gatehouse-test-');
    try {
      const { text } = await functions.send({ method: 'GET', path: '/forgot-password' });
      match(text, /Lost your key\?/);
      match(text, /Email address/);
    } finally {
      functions.stop();
    }
    ok(existsSync(`${project.folder}/.build/code/login.zip`));
  });
}
