// The CDK construct in the package: CommonJS, which apps of either kind can load, with the settings as types.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { root } from '../../folders.ts';
import type { Template } from '../template/types.ts';
import { declareTypes } from './declare-types.ts';
import { settingsOfTemplate, wordsOf } from './settings-of-deployment.ts';

/** @param folder of the package */
export async function buildConstruct(folder: string, template: Template): Promise<void> {
  const to = `${folder}cdk/`;
  mkdirSync(to, { recursive: true });
  await build({
    entryPoints: [`${root}cdk/gatehouse.ts`],
    outfile: `${to}gatehouse.cjs`,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
  declareTypes(`${root}cdk/gatehouse.ts`, to, `${root}cdk`);
  renameSync(`${to}gatehouse.d.ts`, `${to}gatehouse.d.cts`);
  const declared = readFileSync(`${to}gatehouse.d.cts`, 'utf8');
  writeFileSync(`${to}gatehouse.d.cts`, declared.replaceAll("'./settings'", "'./settings.cjs'"));
  const settings = settingsOfTemplate();
  writeFileSync(`${to}settings.d.cts`, typesOf(template));
  const names = Object.fromEntries(settings.map(({ name, parameter }) => [name, parameter]));
  writeFileSync(`${to}settings.json`, JSON.stringify(names));
}

function typesOf({ Parameters = {} }: Template): string {
  const members = settingsOfTemplate().map(({ name, variable, parameter, kind }) => {
    const words = wordsOf(name);
    const isText = kind === 'environment' || words === undefined;
    const type =
      words?.on === 'true' ? 'boolean' : words ? "'on' | 'off'" : isText ? 'string | number' : 'string';
    const description = (Parameters[parameter]?.Description ?? '').replaceAll('*/', '');
    return `  /** \`${variable}\`: ${description} */\n  readonly ${name}?: ${type};\n`;
  });
  return `/** The settings: docs/configuration.md explains each. */\nexport interface Settings {\n${members.join('')}}\n`;
}
