// Which settings the packaged template takes, and what the framework is given to see where each of them goes.
import * as v from 'valibot';
import { settingsSchema } from '../../deploy/deploy-settings.ts';
import { parameterOf, settingVariables } from '../settings.ts';

/** A setting that is a parameter of the template. */
export interface Setting {
  /** `appUrl` */
  readonly name: string;
  /** `APP_URL` */
  readonly variable: string;
  /** `AppUrl` */
  readonly parameter: string;
  /**
   * What it does to the template: nothing but to be handed to the functions, to be written at some places, or to bring
   * things that there aren't without it.
   */
  readonly kind: 'environment' | 'value' | 'switch' | 'rate';
  /** What stands for it in a template that the framework made. */
  readonly standIn: string;
  /** The condition under which it is there, of one that may be missing. */
  readonly condition: string | undefined;
}

/**
 * They need resources that are made anew by each release (versions of functions), which one template for all releases
 * cannot name: who wants them deploys from the repository.
 */
const LEFT_OUT = ['canary', 'provisionedConcurrency'];

/** Where a rule asks for a shape. */
const SHAPED: Readonly<Record<string, string>> = {
  alarmEmail: 'alarms@gatehouse-parameter.example',
  certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/gatehouse-parameter',
  domainName: 'domain.gatehouse-parameter.example',
  hostedZoneId: 'ZGATEHOUSEPARAMETER',
  logRetentionDays: '2192',
  sealingKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/gatehouse-parameter',
};

/** Others need them, or are needed by them: they bring nothing by themselves. */
const BRING_NOTHING = ['alarmEmail', 'certificateArn'];

/** Their values are divided among methods (infrastructure/routes.ts). */
const RATES = ['requestsPerSecond', 'hashesPerSecond'];

/** The stage of the framework's templates. */
export const STAGE = 'gatehousestage';

export function settingsOfTemplate(): Setting[] {
  return [...settingVariables()]
    .filter(([name]) => !LEFT_OUT.includes(name))
    .map(([name, variable], place) => {
      const kind = kindOf(name);
      const parameter = parameterOf(name);
      const optional = kind === 'environment' || kind === 'switch' || isOptional(name);
      return {
        ...{ name, variable, parameter, kind },
        standIn: standInOf(name, kind, place),
        condition: optional ? `Has${parameter}` : undefined,
      };
    });
}

function kindOf(name: string): Setting['kind'] {
  if (!Object.hasOwn(settingsSchema.entries, name)) return 'environment';
  if (RATES.includes(name)) return 'rate';
  if (BRING_NOTHING.includes(name)) return 'value';
  return wordsOf(name) !== undefined || isOptional(name) || accepts(name, '0') ? 'switch' : 'value';
}

/** The words for on and off, of a setting that is one or the other. */
export function wordsOf(name: string): { on: string; off: string } | undefined {
  const words = [
    { on: 'true', off: 'false' },
    { on: 'on', off: 'off' },
  ];
  return words.find(({ on, off }) => {
    const isChoice = read(name, on) === on && read(name, off) === off && !accepts(name, 'no such value');
    return isChoice || (read(name, on) === true && read(name, off) === false);
  });
}

/** Whether it may be missing. */
function isOptional(name: string): boolean {
  return accepts(name, null);
}

function accepts(name: string, value: string | null): boolean {
  return read(name, value) !== undefined;
}

/** What the deployment makes of a value; `undefined` for one that it refuses, or a setting that isn't its own. */
function read(name: string, value: string | null): unknown {
  const schema = settingsSchema.entries[name as keyof typeof settingsSchema.entries];
  const result = schema && v.safeParse(schema, value);
  return result?.success ? result.output : undefined;
}

function standInOf(name: string, kind: Setting['kind'], place: number): string {
  if (kind === 'rate') return '500';
  if (kind === 'environment') return `gatehouse-parameter-${name}-for-the-environment`;
  const words = wordsOf(name);
  if (words !== undefined) return words.on;
  const number = ['7', '97', '997', '9967', '99667', '1999993'].map((digits) =>
    String(Number(digits) - place),
  );
  const candidates = [SHAPED[name], `gatehouse-parameter-${name}-of-the-deployment`, ...number.reverse()];
  const found = candidates.find((candidate) => candidate !== undefined && accepts(name, candidate));
  if (found === undefined)
    throw new Error(
      `No value stands for ${name}: give one in tools/adopt/package/settings-of-deployment.ts.`,
    );
  return found;
}
