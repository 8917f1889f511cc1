// `npx gatehouse deploy`: the packaged template and zips, with the project's settings, in its AWS account.
import { createHash } from 'node:crypto';
import { invokeFunction } from '../admin/command-line/invoke.ts';
import { program, run } from '../admin/command-line/run.ts';
import { codeOfProject } from './code.ts';
import { makeCodeBucket, uploadCode, uploadTemplate } from './code-bucket.ts';
import { changeStack, readStack, readTemplate } from './stack.ts';
import { openStage, type Stage, type StageOptions, withStage } from './stage.ts';
import { withBucketOfClone } from './template/bucket-of-clone.ts';
import { templateOfProject } from './template/of-project.ts';

const NAME = 'npx gatehouse deploy';

interface Options extends StageOptions {
  readonly codeBucket?: string;
}

const main = withStage(program(NAME, 'Deploys this project to your AWS account.'))
  .option('--code-bucket <name>', 'a bucket of yours in the same region; default: one is created')
  .action(deploy);

await run(NAME, main);

async function deploy(options: Options): Promise<void> {
  const stage = await openStage(options);
  const code = await codeOfProject();
  const known = await readStack(stage.cloudFormation, stage.stackName);
  const bucket = options.codeBucket ?? known?.parameters.CodeBucket ?? (await newBucket(stage));
  console.log(`Uploading ${code.files.length} functions to ${bucket} …`);
  await uploadCode(stage.s3, bucket, code);
  const deployed = known && (await readTemplate(stage.cloudFormation, stage.stackName));
  const template = JSON.stringify(withBucketOfClone(await templateOfProject(), deployed));
  const version = createHash('sha256').update(template).digest('hex').slice(0, 16);
  const templateUrl = await uploadTemplate(stage.s3, {
    ...{ bucket, region: stage.region },
    ...{ key: `gatehouse/template-${version}.json`, text: template },
  });
  console.log(
    `${known === undefined ? 'Making' : 'Updating'} the stack ${stage.stackName} in ${stage.region} …`,
  );
  const changed = await changeStack(stage.cloudFormation, {
    name: stage.stackName,
    templateUrl,
    parameters: { ...stage.parameters, CodeBucket: bucket, CodePrefix: code.prefix },
    tags: stage.tags,
  });
  // Only rotate-keys may write keys, and without one nobody can log in. Once there is a key this changes nothing.
  await invokeFunction('rotate-keys', { command: 'rotate' }, { ...options, stage: stage.name });
  if (!changed) console.log('Nothing had to be changed.');
  const { outputs = {} } = (await readStack(stage.cloudFormation, stage.stackName)) ?? {};
  for (const [name, value] of Object.entries(outputs)) console.log(`${name.padEnd(10)} ${value}`);
}

async function newBucket({ s3, region }: Stage): Promise<string> {
  const name = await makeCodeBucket(s3, region);
  console.log(`Created the bucket ${name} for code.`);
  return name;
}
