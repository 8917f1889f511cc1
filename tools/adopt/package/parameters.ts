// The parameters of the packaged template, with the words of docs/configuration.md and the rules of lib/config.ts.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { root } from '../../folders.ts';
import type { TemplateParameter } from '../template/types.ts';
import { type Setting, wordsOf } from './settings-of-deployment.ts';

/** The rates that can be chosen, in requests a second: CloudFormation can't divide, so the shares are looked up. */
export const RATE_CHOICES = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/** What CloudFormation shows of a parameter at most. */
const LONGEST_DESCRIPTION = 300;

/** Defaults are those of `prod`, which whoever names no stage deploys. */
export function parametersOf(settings: readonly Setting[]): Record<string, TemplateParameter> {
  const { params } = parse(readFileSync(`${root}serverless.yml`, 'utf8'), { logLevel: 'silent' }) as {
    params: Record<string, Record<string, unknown>>;
  };
  const defaults = { ...params.default, ...params.prod };
  const words = descriptions();
  const ofSettings = settings.map((setting): [string, TemplateParameter] => {
    const { name, variable, parameter } = setting;
    return [
      parameter,
      {
        Type: 'String',
        Description: (words.get(variable) ?? variable).slice(0, LONGEST_DESCRIPTION),
        Default: String(defaults[name] ?? ''),
        ...rulesOf(setting),
      },
    ];
  });
  return {
    Stage: {
      Type: 'String',
      Description: 'Part of every name, such as gatehouse-<stage>-users. It cannot be changed later',
      Default: 'prod',
      AllowedPattern: '[a-z][a-z0-9-]{0,19}',
      ConstraintDescription:
        'must be at most 20 lower-case letters, digits and hyphens, and begin with a letter',
    },
    CodeBucket: {
      Type: 'String',
      Description: 'The bucket, in the same region, to which the files of deploy/code/ were uploaded',
    },
    CodePrefix: {
      Type: 'String',
      Description: 'The prefix of their keys, a different one for each version',
    },
    ...Object.fromEntries(ofSettings),
  };
}

function rulesOf({ name, variable, kind }: Setting): Partial<TemplateParameter> {
  const words = wordsOf(name);
  if (words !== undefined) return { AllowedValues: [words.on, words.off] };
  if (kind === 'rate') return { AllowedValues: RATE_CHOICES.map(String) };
  if (/(_SECRET|_KEY)$/.test(variable)) return { NoEcho: true };
  if (name === 'trustedProxyHeader')
    return {
      AllowedPattern: '(?!(?i)cloudfront-viewer-address$).*|CloudFront-Viewer-Address',
      ConstraintDescription: 'must be written CloudFront-Viewer-Address if it is that header',
    };
  return {};
}

/** By variable, from the tables of docs/configuration.md, as plain text. */
function descriptions(): ReadonlyMap<string, string> {
  const rows = readFileSync(`${root}docs/configuration.md`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
  const plain = (text: string) => text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
  return new Map(
    rows.flatMap((cells) =>
      [...(cells[0] ?? '').matchAll(/[A-Z][A-Z\d_]+/g)].map(([variable]) => [
        variable,
        plain(cells.at(-1) ?? ''),
      ]),
    ),
  );
}
