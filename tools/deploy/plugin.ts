// The framework's plugin of this service.
//   package, deploy        one small zip per function: its bundle and `"type": "module"`
//   invoke local           the current code, in the environment of tools/local/environment.ts
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { bundleForDeployment, bundleForRunning } from '../build/bundle.ts';
import { exportedHooks } from '../build/unused-hooks.ts';
import { buildFolder, liveFolder, root } from '../folders.ts';
import { dynamodbEndpoint, localEnvironment, sesEndpoint } from '../local/environment.ts';
import { writeFile } from '../write-file.ts';
import { readDeploySettings } from './deploy-settings.ts';
import {
  addPreflights,
  addReleases,
  complete,
  type DeployedFunction,
  type DeployedService,
  fitToSettings,
  grantOrigins,
  grantPermissions,
  protect,
  type Resources,
  restrictSender,
} from './deployment.ts';
import { type FunctionDefinition, type Service, serverlessProgram } from './service.ts';

type FunctionObject = FunctionDefinition &
  DeployedFunction & {
    handler: string;
    package?: { artifact?: string };
    readonly environment?: Record<string, unknown>;
  };

/** What is used of the framework, which ships no types for plugins. */
interface Serverless {
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  readonly processedInput: {
    readonly commands: string[];
    readonly options: {
      readonly function?: string;
      readonly stage?: string;
      readonly 'aws-profile'?: string;
    };
  };
  readonly pluginManager: { readonly plugins: object[] };
  readonly configSchemaHandler: { defineFunctionProperties(provider: string, schema: object): void };
  readonly service: DeployedService & {
    readonly service: string;
    readonly custom: { readonly settings: Record<string, unknown> };
    readonly functions: Record<string, FunctionObject>;
    readonly provider: Omit<Service['provider'], 'environment'> & {
      environment: Record<string, unknown>;
      readonly compiledCloudFormationTemplate: { readonly Resources: Resources };
    };
  };
}

interface Packager {
  zipFiles(files: string[], zipName: string, prefix: string): Promise<string>;
}

interface ChangeSetMaker {
  getCreateChangeSetParams(options: object): object;
}

export default class GatehousePlugin {
  readonly hooks: Record<string, () => unknown>;
  readonly #serverless: Serverless;

  constructor(serverless: Serverless) {
    this.#serverless = serverless;
    serverless.configSchemaHandler.defineFunctionProperties('aws', {
      properties: {
        throttle: { enum: ['hashing', 'resetting', 'mailing', 'frequent', 'administration', 'reference'] },
        preflight: { type: 'boolean' },
        may: { type: 'array', items: { type: 'string' } },
        mayMigrate: { type: 'array', items: { type: 'string' } },
      },
    });
    this.hooks = {
      initialize: () => this.#initialize(),
      'before:package:createDeploymentArtifacts': () => this.#zip(Object.keys(serverless.service.functions)),
      'before:package:function:package': () => this.#zip([this.#chosenFunction()]),
      'before:package:finalize': () => this.#finishTemplate(),
      'before:deploy:deploy': () => this.#takeBackWhatWasKept(),
      'after:deploy:deploy': () => this.#makeFirstKey(),
      // The answer is printed. Don't wait for connections that the function left open.
      'after:invoke:local:invoke': () => setTimeout(() => process.exit(), 300).unref(),
    };
  }

  async #initialize(): Promise<void> {
    const { processedInput, service } = this.#serverless;
    const [command, subcommand] = processedInput.commands;
    // Hooks that don't build are reported when the functions are.
    const hooks = await exportedHooks().catch(() => []);
    this.#attempt(() => grantPermissions(service, hooks));
    addPreflights(service);
    const deploys = command === 'deploy' && subcommand !== 'list';
    if (deploys || command === 'package') this.#fitToSettings(deploys);
    const { requestsPerSecond, hashesPerSecond, adminApi } = service.custom.settings;
    complete(service, {
      requestsPerSecond: Number(requestsPerSecond),
      hashesPerSecond: Number(hashesPerSecond),
      adminApi: adminApi === 'on',
    });
    grantOrigins(service.resources.Resources, service.provider.environment.CORS_ORIGINS);
    if (command === 'invoke' && subcommand === 'local') {
      this.#setLocalEnvironment();
      await this.#prepareInvocation();
    }
  }

  /** Before anything is built or AWS is asked. */
  #fitToSettings(complete: boolean): void {
    const { service } = this.#serverless;
    const environments = [service.provider, ...Object.values(service.functions)];
    const settings = this.#attempt(() =>
      readDeploySettings({
        complete,
        stage: service.provider.stage,
        region: service.provider.region,
        settings: service.custom.settings,
        environment: Object.assign({}, ...environments.map(({ environment }) => environment)),
      }),
    );
    fitToSettings(service, settings);
    protect(service, settings);
  }

  /** Only rotate-keys may write keys, and without one nobody can log in. Once there is a key this changes nothing. */
  #makeFirstKey(): void {
    const { stage, region } = this.#serverless.service.provider;
    const { 'aws-profile': profile } = this.#serverless.processedInput.options;
    const args = [
      ...[serverlessProgram(), 'invoke', '--function', 'rotate-keys', '--data', '{"command":"rotate"}'],
      ...['--stage', stage, '--region', region, ...(profile === undefined ? [] : ['--aws-profile', profile])],
    ];
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'ignore' });
    if (status === 0) return;
    throw new this.#serverless.classes.Error(
      `The first signing key could not be made, so nobody can log in yet. Run \`npm run keys -- rotate --stage ${stage}\`; the log of rotate-keys says why.`,
      'FIRST_SIGNING_KEY',
    );
  }

  async #zip(names: string[]): Promise<void> {
    // For a template alone (tools/adopt/package), any code will do.
    const { GATEHOUSE_CODE } = process.env;
    if (GATEHOUSE_CODE !== undefined) {
      for (const name of names) this.#function(name).package = { artifact: GATEHOUSE_CODE };
      return;
    }
    const bundles = await this.#build(() => bundleForDeployment(names, buildFolder));
    const packager = this.#plugin<Packager>('Package');
    for (const { name, file, files: beside } of bundles) {
      const files = [file, ...beside, `${buildFolder}package.json`];
      const artifact = await packager.zipFiles(files, `${name}.zip`, buildFolder);
      this.#function(name).package = { artifact };
    }
  }

  #finishTemplate(): void {
    const { Resources } = this.#serverless.service.provider.compiledCloudFormationTemplate;
    addReleases(Resources, this.#serverless.service);
    // A deployment is a snapshot of the API: made before the gateway responses and our own methods, it would be without them.
    const parts = Object.entries(this.#serverless.service.resources.Resources)
      .filter(([, { Type }]) =>
        ['AWS::ApiGateway::GatewayResponse', 'AWS::ApiGateway::Method'].includes(Type),
      )
      .map(([id]) => id);
    for (const resource of Object.values(Resources)) {
      if (resource.Type !== 'AWS::ApiGateway::Deployment') continue;
      delete resource.Properties.StageName; // the stage is a resource of its own, in serverless.yml
      resource.DependsOn = [...[resource.DependsOn ?? []].flat(), ...parts];
    }
    // The roles' plugin and the framework repeat what GetAtt and Ref say already; cfn-lint, and with it moto, stumbles over that.
    for (const resource of Object.values(Resources)) {
      if (resource.Type === 'AWS::Lambda::Alias') delete resource.DependsOn;
      if (resource.Type !== 'AWS::Lambda::Function') continue;
      resource.DependsOn = [resource.DependsOn ?? []]
        .flat()
        .filter((id) => !id.endsWith('IamRoleLambdaExecution'));
    }
    for (const { Type, Properties } of Object.values(Resources)) {
      if (Type === 'AWS::IAM::Role') restrictSender(Properties);
    }
    // Each function has its own role. The framework's common one isn't needed, and so is removed.
    const common = 'IamRoleLambdaExecution';
    const role = Resources[common];
    delete Resources[common];
    if (role !== undefined && JSON.stringify(Resources).includes(`"${common}"`)) Resources[common] = role;
  }

  /** `remove` leaves the accounts' tables. A stack that is made anew adopts them, where it would fail over their names. */
  #takeBackWhatWasKept(): void {
    const deployment = this.#plugin<ChangeSetMaker>('AwsDeploy');
    const make = deployment.getCreateChangeSetParams.bind(deployment);
    deployment.getCreateChangeSetParams = (options) => ({ ...make(options), ImportExistingResources: true });
  }

  #setLocalEnvironment(): void {
    const { provider } = this.#serverless.service;
    const environment: Record<string, string> = {};
    for (const [name, value] of Object.entries(provider.environment)) {
      if (typeof value === 'string' && value !== '') environment[name] = value;
    }
    provider.environment = Object.assign(
      environment,
      this.#attempt(() => localEnvironment(process.env)),
    );
    // Real credentials in the shell must not reach a real account from here.
    for (const name of ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[name];
    process.env.AWS_ACCESS_KEY_ID = 'local';
    process.env.AWS_SECRET_ACCESS_KEY = 'local';
  }

  async #prepareInvocation(): Promise<void> {
    const name = this.#chosenFunction();
    await this.#requireAnswer('DynamoDB', dynamodbEndpoint(process.env));
    if (name === 'send-mail') await this.#requireAnswer('SES', sesEndpoint(process.env));
    await this.#build(() => bundleForRunning([name], liveFolder));
    const module = `.build/live/invoked/${name}`;
    const source = `import { invokedHandler } from '../../../tools/local/invoked-handler.ts';\nexport const handler = invokedHandler('${name}');\n`;
    writeFile(`${liveFolder}invoked/${name}.js`, source);
    this.#function(name).handler = `${module}.handler`;
  }

  #requireAnswer(what: string, url: string): Promise<void> {
    const { hostname, port, protocol } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) });
      socket.setTimeout(2000, () => socket.destroy(new Error('timeout')));
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
      socket.once('error', () =>
        reject(
          this.#error(
            `The local ${what} does not answer at ${url}: run \`npm start\` in another terminal first.`,
            'GATEHOUSE_NOT_STARTED',
          ),
        ),
      );
    });
  }

  async #build<T>(build: () => Promise<T>): Promise<T> {
    try {
      return await build();
    } catch (error) {
      throw this.#error((error as Error).message, 'GATEHOUSE_BUILD_FAILED');
    }
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.#error((error as Error).message, 'GATEHOUSE_CONFIGURATION');
    }
  }

  #chosenFunction(): string {
    const name = this.#serverless.processedInput.options.function ?? '';
    this.#function(name);
    return name;
  }

  #function(name: string): FunctionObject {
    const definition = this.#serverless.service.functions[name];
    if (definition !== undefined) return definition;
    const known = Object.keys(this.#serverless.service.functions).join(', ');
    throw this.#error(
      `There is no function "${name}". The functions are: ${known}.`,
      'GATEHOUSE_NO_SUCH_FUNCTION',
    );
  }

  #plugin<T>(className: string): T {
    const found = this.#serverless.pluginManager.plugins.find(
      (plugin) => plugin.constructor.name === className,
    );
    if (found === undefined)
      throw this.#error(`The plugin ${className} is not loaded.`, 'GATEHOUSE_PLUGIN_MISSING');
    return found as T;
  }

  /** An error that the framework prints as a sentence, without a stack. */
  #error(message: string, code: string): Error {
    return new this.#serverless.classes.Error(message, code);
  }
}
