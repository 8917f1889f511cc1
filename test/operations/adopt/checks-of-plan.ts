// `npx gatehouse plan` compared with what is deployed, and with a template of a version that was otherwise.
import { match, ok, deepStrictEqual as same } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Template, Value } from '../../../tools/adopt/template/types.ts';
import { buildFolder } from '../../../tools/folders.ts';
import { check, heading } from '../checks.ts';
import type { SimulatedAws } from '../deploy/simulated-aws.ts';
import type { Project } from './project.ts';

const settings = `test:
  appUrl: https://app.example.com
  mailFrom: Example <no-reply@mail.example.com>
`;

export async function checkPlan(project: Project, aws: SimulatedAws): Promise<void> {
  heading('npx gatehouse plan --stage test');
  const plan = (...more: string[]) =>
    project.gatehouse(['plan', '--stage', 'test', ...more], aws.environment);
  project.write('gatehouse.yml', settings);
  await check('what is deployed already is no change, and nothing deployed is said', async () => {
    const { code, said } = await plan();
    same(code, 0, said);
    match(said, /^(nothing is deployed|\d+\.\d+\.\d+) → \d+\.\d+\.\d+, stage test in eu-central-1$/m);
  });
  project.write('older.json', JSON.stringify(older()));
  await check('an older version: permissions, tables, settings, contract and bill', async () => {
    const { code, said } = await plan('--from', 'older.json');
    same(code, 0, said);
    match(said, /^0\.0\.9 → /m);
    match(said, /^ {2}\+ login: dynamodb:GetItem on UsersTable/m);
    match(said, /^ {2}\+ FactorsTable is new$/m);
    match(said, /^ {2}\+ BrandName is new: not set$/m);
    match(said, /^ {2}! BREAKS CLIENTS: POST \/auth\/login needs password$/m);
    match(said, /^ {2}POST \/auth\/totp is new$/m);
    match(said, /^ {2}\$[\d.]+ → \$[\d.]+ \(\+\$[1-9][\d.]*\)$/m);
  });
  await check('the same version is no change', async () => {
    const { said } = await plan('--from', `${buildFolder}npm/deploy/template.json`);
    const quiet = ['Permissions of functions', 'Tables and indexes', 'Wire contract'];
    for (const title of quiet) ok(said.includes(`${title}\n  no change`), said);
  });
  await check('a file that is no template is refused', async () => {
    const { code, said } = await plan('--from', 'gatehouse.yml');
    same(
      [code, said],
      [1, 'gatehouse.yml is not a template of Gatehouse: name deploy/template.json of a version.\n'],
    );
  });
}

/** This version without a few things. */
function older(): Template {
  const template: Value = JSON.parse(readFileSync(`${buildFolder}npm/deploy/template.json`, 'utf8'));
  const { Resources, Parameters, Metadata } = template;
  Metadata.Gatehouse.version = '0.0.9';
  const { contract } = Metadata.Gatehouse;
  const login = contract['POST /auth/login'];
  login.takes = login.takes.filter((field: string) => field !== 'password!');
  delete contract['POST /auth/totp'];
  delete Resources.FactorsTable;
  delete Parameters.BrandName;
  Resources.LoginIamRoleLambdaExecution.Properties.Policies = [];
  for (const [id, { Type }] of Object.entries<Value>(Resources))
    if (Type === 'AWS::CloudWatch::Alarm') delete Resources[id];
  for (const { Type, Properties } of Object.values<Value>(Resources))
    if (Type === 'AWS::Lambda::Function') delete Properties.Environment.Variables.BRAND_NAME;
  return template;
}
