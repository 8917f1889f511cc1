// serverless.yml with its variables resolved, by the framework itself: the one definition of tables, functions
// and stream that everything here reads.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildFolder, installed, root } from '../folders.ts';
import { writeFile } from '../write-file.ts';

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface StreamMapping {
  /** The table's. */
  readonly arn?: { readonly 'Fn::GetAtt'?: readonly [table: string, attribute: string] };
  readonly batchSize?: number;
  readonly functionResponseType?: string;
  readonly bisectBatchOnFunctionError?: boolean;
  readonly maximumRecordAgeInSeconds?: number;
  readonly filterPatterns?: readonly Pattern[];
}

/** A pattern of Lambda's event filtering. */
export interface Pattern {
  readonly [key: string]: Pattern | readonly unknown[];
}

export interface FunctionDefinition {
  readonly name: string;
  readonly handler: string;
  readonly events?: ReadonlyArray<{ readonly http?: string | HttpEvent; readonly stream?: StreamMapping }>;
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly iamRoleStatements?: readonly RoleStatement[];
}

interface HttpEvent {
  readonly method: string;
  readonly path: string;
  readonly authorizer?: string | { readonly type?: string };
}

/** A route of the API. */
export interface Route {
  readonly method: string;
  /** Begins with a slash and doesn't end with one. */
  readonly path: string;
  /** The function that answers. */
  readonly name: string;
  /** Whether the route requires an IAM signature. */
  readonly signed: boolean;
}

interface RoleStatement {
  readonly Action: string | readonly string[];
  readonly Resource: GrantedResource | readonly GrantedResource[];
  readonly Condition?: object;
}

/** An attribute of a resource of this service; others are written as `Fn::Sub`. */
interface GrantedResource {
  readonly 'Fn::GetAtt'?: readonly [id: string, attribute: string];
}

export interface Service {
  readonly service: string;
  readonly provider: {
    readonly stage: string;
    readonly region: string;
    readonly environment: Readonly<Record<string, unknown>>;
  };
  readonly functions: Readonly<Record<string, FunctionDefinition>>;
  readonly resources: { readonly Resources: Readonly<Record<string, Resource>> };
}

/** The framework's command line program, to be run by this Node. The installed package does without it. */
export function serverlessProgram(): string {
  const manifest = createRequire(import.meta.url).resolve('serverless/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> | string };
  return join(
    dirname(manifest),
    typeof bin === 'string' ? bin : (bin.serverless ?? Object.values(bin)[0] ?? ''),
  );
}

/** The resolved serverless.yml in the installed package, which never changes there. */
const packagedService = `${root}deploy/service.json`;

/**
 * The resolved serverless.yml, with what it includes. Asking the framework takes a second, so its answer is kept until
 * one of the files changes.
 * @throws Error with the framework's own words when the file is wrong
 */
export async function readService(): Promise<Service> {
  if (installed) return JSON.parse(readFileSync(packagedService, 'utf8')) as Service;
  const hash = createHash('sha256');
  for (const file of filesOfService()) hash.update(`${file}\n`).update(readFileSync(`${root}${file}`));
  const version = hash.digest('hex').slice(0, 16);
  const kept = `${buildFolder}service-${version}.json`;
  try {
    return JSON.parse(readFileSync(kept, 'utf8')) as Service;
  } catch {
    const resolved = await printedService();
    writeFile(kept, resolved);
    return JSON.parse(resolved) as Service;
  }
}

/** What the definition is made of: the file itself, what it includes, and the code that adds to it. */
export function filesOfService(): string[] {
  const included = readdirSync(`${root}infrastructure`).sort();
  return [
    'serverless.yml',
    'tools/deploy/deployment.ts',
    'tools/deploy/plugin.ts',
    'lib/hooks.ts', // which of them there are decides what roles allow
    ...included.map((name) => `infrastructure/${name}`),
  ];
}

async function printedService(): Promise<string> {
  try {
    const args = [serverlessProgram(), 'print', '--format', 'json'];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: root,
      env: plainEnvironment(),
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`serverless.yml cannot be read:\n${stderr}${stdout}`.trim());
  }
}

/** Settings of one run must not get into the cached definition. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR, SLS_LOG_LEVEL: 'error' };
}

/** Every route of the API, with its function. */
export function routesOf({ functions }: Service): Route[] {
  return Object.entries(functions).flatMap(([name, { events = [] }]) =>
    events.flatMap(({ http }) => (http === undefined ? [] : [{ name, ...routeOf(http) }])),
  );
}

function routeOf(http: string | HttpEvent): Omit<Route, 'name'> {
  const [method = '', path = ''] = typeof http === 'string' ? http.split(' ') : [http.method, http.path];
  const { authorizer } = typeof http === 'string' ? {} : http;
  const type = typeof authorizer === 'string' ? authorizer : authorizer?.type;
  return {
    method: method.toUpperCase(),
    path: `/${path.replace(/^\/|\/$/g, '')}`,
    signed: type?.toLowerCase() === 'aws_iam',
  };
}

/** A function that the stream of a table calls. */
export interface StreamReader {
  readonly name: string;
  /** Its name in this stage. */
  readonly table: string;
  readonly mapping: StreamMapping;
}

/** Every function that a table's stream calls. @param prefix takes the place of `<service>-<stage>` in the tables' names */
export function streamReadersOf(service: Service, prefix = namePrefix(service)): StreamReader[] {
  const { functions, resources } = service;
  return Object.entries(functions).flatMap(([name, { events = [] }]) =>
    events.flatMap(({ stream: mapping }) => {
      if (mapping === undefined) return [];
      const id = mapping.arn?.['Fn::GetAtt']?.[0] ?? '';
      const named = resources.Resources[id]?.Properties?.TableName;
      if (typeof named !== 'string') throw new Error(`${name} reads the stream of a table that isn't there.`);
      return [{ name, table: prefix + named.slice(namePrefix(service).length), mapping }];
    }),
  );
}

/** What the names of this service's tables, functions and queues begin with. */
export function namePrefix({ service, provider }: Service): string {
  return `${service}-${provider.stage}`;
}
