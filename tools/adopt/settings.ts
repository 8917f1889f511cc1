// The settings of a project: gatehouse.yml, by stage. An environment variable takes precedence.
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { OperatorError } from '../admin/command-line/operator-error.ts';
import { project, root } from '../folders.ts';

const settingsFile = 'gatehouse.yml';

/**
 * What can be set: each variable by its parameter, `APP_URL` by `appUrl`. serverless.yml and what it includes say so
 * (`${env:APP_URL, …}`), so that a new setting is one here too.
 */
export function settingVariables(): ReadonlyMap<string, string> {
  const definitions = ['infrastructure/environment.yml', 'serverless.yml'].map((file) =>
    readFileSync(root + file, 'utf8'),
  );
  const variables = definitions.flatMap((text) =>
    [...text.matchAll(/^ *\w+: \$\{env:([A-Z][A-Z\d_]*),/gm)].map(([, name = '']) => name),
  );
  return new Map(variables.map((name) => [nameOf(name), name]));
}

/** The variables that functions get. */
export function environmentVariables(): ReadonlySet<string> {
  const text = readFileSync(`${root}infrastructure/environment.yml`, 'utf8');
  return new Set([...text.matchAll(/^(\w+):/gm)].map(([, name = '']) => name));
}

/** A setting as the packaged template names it: `appUrl` as `AppUrl`. */
export function parameterOf(setting: string): string {
  // Resources and parameters share their names.
  return setting === 'apiLogRole' ? 'SetApiLogRole' : setting.charAt(0).toUpperCase() + setting.slice(1);
}

/** `APP_URL` as `appUrl`. */
function nameOf(variable: string): string {
  return variable.toLowerCase().replaceAll(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * The settings of a stage, as variables.
 *
 * @param sections of gatehouse.yml; a later one takes precedence
 * @throws OperatorError that names every setting that is unknown or has no plain value
 */
export function readSettings(
  sections: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const variables = settingVariables();
  const file = readFile();
  const entries = sections.flatMap((section) =>
    Object.entries(file[section] ?? {}).map(([parameter, value]) => ({ section, parameter, value })),
  );
  const faults = entries.map((entry) => faultOf(entry, variables)).filter((fault) => fault !== undefined);
  if (faults.length > 0)
    throw new OperatorError(
      `${settingsFile} has wrong settings:\n${faults.map((fault) => `  - ${fault}.`).join('\n')}\nnode_modules/${packageName()}/docs/configuration.md lists the settings.`,
    );
  const settings = new Map(entries.map(({ parameter, value }) => [variables.get(parameter) ?? '', value]));
  for (const variable of variables.values())
    if (environment[variable] !== undefined) settings.set(variable, environment[variable]);
  return Object.fromEntries(
    [...settings].flatMap(([variable, value]) => (value === null ? [] : [[variable, String(value)]])),
  );
}

interface Entry {
  readonly section: string;
  readonly parameter: string;
  readonly value: unknown;
}

function faultOf({ section, parameter, value }: Entry, variables: ReadonlyMap<string, string>) {
  if (!variables.has(parameter)) return `${section}: there is no setting ${parameter}`;
  const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return isPlain ? undefined : `${section}: ${parameter} must be a single text, number, true or false`;
}

/** The package's name with its scope, which only package.json has. */
export function packageName(): string {
  return (JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { name: string }).name;
}

function readFile(): Record<string, Record<string, unknown> | null> {
  const path = project + settingsFile;
  if (!existsSync(path))
    throw new OperatorError(
      `There is no ${settingsFile} in this folder: run \`npx gatehouse init\` first, or go to your project's folder.`,
    );
  try {
    const found = parse(readFileSync(path, 'utf8')) as unknown;
    if (found === null || found === undefined) return {};
    if (isMap(found) && Object.values(found).every((section) => section === null || isMap(section)))
      return found as Record<string, Record<string, unknown>>;
  } catch {
    throw new OperatorError(`${settingsFile} cannot be read: it is not YAML.`);
  }
  throw new OperatorError(`${settingsFile} must have a section for each stage, with settings in it.`);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
