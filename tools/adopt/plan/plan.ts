// `npx gatehouse plan`: what a deployment of this version with these settings would change in what is deployed.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { OperatorError } from '../../admin/command-line/operator-error.ts';
import { program, run } from '../../admin/command-line/run.ts';
import { readStack, readTemplate } from '../stack.ts';
import { openStage, type StageOptions, withStage } from '../stage.ts';
import { withBucketOfClone } from '../template/bucket-of-clone.ts';
import { templateOfProject } from '../template/of-project.ts';
import { type Resolved, resolveTemplate } from '../template/resolve.ts';
import type { Template } from '../template/types.ts';
import { billChange } from './bill.ts';
import { type Contract, contractChanges, contractOf } from './contract.ts';
import { countChanges, permissionChanges, tableChanges } from './resources.ts';
import { settingChanges } from './settings.ts';

const NAME = 'npx gatehouse plan';
const NOTHING: Resolved = { Resources: {}, Outputs: {} };

interface Options extends StageOptions {
  readonly from?: string;
  readonly openapi?: string;
  readonly users: string;
}

interface Side {
  readonly template: Template | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}

await run(
  NAME,
  withStage(program(NAME, 'Shows what a deployment would change, and changes nothing.'))
    .option('--from <file>', 'a template to compare with, in place of the deployed one')
    .option('--openapi <file>', 'the OpenAPI document of the deployed version, if its template has none')
    .option('--users <number>', 'monthly users, for the bill', '100000')
    .action(plan),
);

async function plan(options: Options): Promise<void> {
  const users = Number(options.users);
  if (!Number.isFinite(users) || users < 0)
    throw new OperatorError('--users must be a number of at least 0.');
  const stage = await openStage(options);
  const before = await deployed(options, stage);
  const template = withBucketOfClone(await templateOfProject(), before.template);
  const after = { template, parameters: { CodeBucket: '', CodePrefix: '', ...stage.parameters } };
  const [old, next] = [resolved(before), resolved(after)];
  console.log(
    `${versionOf(before.template)} → ${versionOf(template)}, stage ${stage.name} in ${stage.region}`,
  );
  section('Permissions of functions', permissionChanges(old.Resources, next.Resources));
  section('Tables and indexes', tableChanges(old.Resources, next.Resources));
  section('Settings', settingChanges(before, after));
  section('Wire contract', wireChanges(before.template, template, options.openapi));
  section('Resources', countChanges(old.Resources, next.Resources));
  const bill = await billChange(old.Resources, next.Resources, users, stage.region);
  const money = (dollars: number) => `$${dollars.toFixed(2)}`;
  const difference = bill.after - bill.before;
  section(`Bill of a month of ${users.toLocaleString('en')} users, at the prices of ${bill.region}`, [
    before.template === undefined
      ? `${money(bill.after)}`
      : `${money(bill.before)} → ${money(bill.after)} (${difference < 0 ? '−' : '+'}${money(Math.abs(difference))})`,
  ]);
}

async function deployed(
  { from }: Options,
  { cloudFormation, stackName, parameters }: Awaited<ReturnType<typeof openStage>>,
): Promise<Side> {
  // A file has no values of its own: it is taken as if it were deployed with these settings.
  if (from !== undefined) return { template: templateIn(from), parameters };
  const stack = await readStack(cloudFormation, stackName);
  if (stack === undefined) return { template: undefined, parameters: {} };
  return { template: await readTemplate(cloudFormation, stackName), parameters: stack.parameters };
}

function templateIn(file: string): Template {
  const text = readFileSync(file, 'utf8');
  try {
    const template = JSON.parse(text) as Template;
    if (template.Resources !== undefined) return template;
  } catch {
    // said below
  }
  throw new OperatorError(`${file} is not a template of Gatehouse: name deploy/template.json of a version.`);
}

function resolved({ template, parameters }: Side): Resolved {
  if (template === undefined) return NOTHING;
  // A file says nothing of where its code will lie.
  return resolveTemplate(template, { CodeBucket: '', CodePrefix: '', ...parameters });
}

function versionOf(template: Template | undefined): string {
  if (template === undefined) return 'nothing is deployed';
  return template.Metadata?.Gatehouse?.version ?? 'a version deployed from the repository';
}

function wireChanges(before: Template | undefined, after: Template, openapi: string | undefined): string[] {
  if (before === undefined) return ['nothing is deployed, so nothing can break'];
  const known: Contract | undefined =
    openapi === undefined
      ? before.Metadata?.Gatehouse?.contract
      : contractOf(parse(readFileSync(openapi, 'utf8')));
  if (known === undefined)
    return ['unknown: the deployed template has no contract. Name its OpenAPI document with --openapi.'];
  return contractChanges(known, after.Metadata?.Gatehouse?.contract ?? {}).map(
    ({ sentence, breaks }) => `${breaks ? '! BREAKS CLIENTS: ' : ''}${sentence}`,
  );
}

function section(title: string, lines: readonly string[]): void {
  console.log(`\n${title}`);
  for (const line of lines.length > 0 ? lines : ['no change']) console.log(`  ${line}`);
}
