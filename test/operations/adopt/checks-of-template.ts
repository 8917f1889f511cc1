// The packaged template by itself.
import { ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Template } from '../../../tools/adopt/template/types.ts';
import { buildFolder, root } from '../../../tools/folders.ts';
import { check, heading } from '../checks.ts';
import { check as checkWith } from '../deploy/simulated-aws.ts';
import { compareWithFramework } from './same-as-framework.ts';

const file = `${buildFolder}npm/deploy/template.json`;
/** What CloudFormation takes from a bucket. */
const MAX_BYTES = 1_000_000;
const certificate = 'arn:aws:acm:eu-central-1:123456789012:certificate/1';
const secret = 'x'.repeat(40);

const few = {
  APP_URL: 'https://app.example.com',
  MAIL_FROM: 'no-reply@mail.example.com',
  ...{ WAF: 'false', API_LOG_ROLE: 'false', API_REFERENCE: 'true', LOG_RETENTION_DAYS: '30' },
  ...{ REQUESTS_PER_SECOND: '200', HASHES_PER_SECOND: '50', ADMIN_API: 'on', EVENTS: 'off' },
  CORS_ORIGINS: 'https://app.example.com,https://admin.example.com',
};

const many = {
  ...{ ADMIN_API: 'off', EVENTS: 'on' },
  APP_URL: 'https://app.example.com',
  MAIL_FROM: 'Example <no-reply@mail.example.com>',
  ...{ WAF: 'true', API_LOG_ROLE: 'true', API_REFERENCE: 'false', LOG_RETENTION_DAYS: '90' },
  ...{ DOMAIN_NAME: 'auth.example.com', CERTIFICATE_ARN: certificate, HOSTED_ZONE_ID: 'Z1' },
  ...{ MONTHLY_BUDGET: '50', ALARM_EMAIL: 'on-call@example.com', HASHING_CONCURRENCY: '20' },
  ...{ TRUSTED_PROXY_HEADER: 'CloudFront-Viewer-Address', TRUSTED_PROXY_SECRET: secret },
  ISSUER: 'https://id.example.com',
};

const proxied = {
  ...few,
  ...{ WAF: 'true', TRUSTED_PROXY_HEADER: 'X-Client', TRUSTED_PROXY_SECRET: secret, WAF_HASHES: '77' },
};

export async function checkTemplate(): Promise<void> {
  heading('The template');
  const text = readFileSync(file, 'utf8');
  await check('cfn-lint has nothing to say', async () => {
    const { ok: content, output } = await checkWith('cfn-lint', [file]);
    ok(content, output);
  });
  await check('it is not too long', () => ok(text.length < MAX_BYTES, `${text.length}`));
  await check('the Terraform module sets parameters and reads outputs that there are', () => {
    const { Parameters = {}, Outputs = {} } = JSON.parse(text) as Template;
    const [main = '', outputs = ''] = ['main', 'outputs'].map((name) =>
      readFileSync(`${root}terraform/${name}.tf`, 'utf8'),
    );
    const read = [...outputs.matchAll(/outputs\["(\w+)"\]/g)].map(([, name = '']) => name);
    ok(read.length > 0);
    for (const name of read) ok(name in Outputs, name);
    for (const name of ['Stage', 'CodeBucket', 'CodePrefix']) {
      ok(name in Parameters, name);
      ok(new RegExp(`^ +${name} +=`, 'm').test(main), name);
    }
  });
  for (const [name, settings] of Object.entries({ few, many, proxied }))
    await check(`with ${name} settings it is what the framework makes for them`, () =>
      compareWithFramework(JSON.parse(text) as Template, settings),
    );
}
