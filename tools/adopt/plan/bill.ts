// The bill of a month before and after, by the model of `npx gatehouse cost`.

import { bill, type Settings, total, type Usage } from '../../../bench/cost/cost-model.ts';
import { fixedOf } from '../../../bench/cost/fixed.ts';
import { webAclMonth } from '../../../bench/cost/flood.ts';
import { measureLogBytes } from '../../../bench/cost/log-bytes.ts';
import { REGIONS } from '../../../bench/cost/prices.ts';
import { RESULTS_FILE, readResults } from '../../../bench/results-file.ts';
import { readService } from '../../deploy/service.ts';
import type { Resolved } from '../template/resolve.ts';

type Resources = Resolved['Resources'];

/** As `npx gatehouse cost` takes it without options. */
const USAGE: Omit<Usage, 'users'> = {
  ...{ register: 0.05, 'log-in': 4, refresh: 120, welcome: 0, 'log-out': 1, forget: 0.02, reset: 0.02 },
};

export interface Bill {
  readonly before: number;
  readonly after: number;
  /** The region whose prices were taken. */
  readonly region: string;
}

/** @param users a month */
export async function billChange(
  before: Resources,
  after: Resources,
  users: number,
  region: string,
): Promise<Bill> {
  const known = Object.hasOwn(REGIONS, region) ? region : 'us-east-1';
  const results = readResults(RESULTS_FILE);
  const logs = await measureLogBytes(await readService());
  const of = (resources: Resources) => {
    const settings = settingsOf(resources, known);
    const lines = bill({ users, ...USAGE } as Usage, results, logs, fixedOf(resources), settings);
    const webAcls = Object.values(resources).filter(({ Type }) => Type === 'AWS::WAFv2::WebACL').length;
    return total(lines) + webAcls * webAclMonth(settings);
  };
  return { before: of(before), after: of(after), region: known };
}

function settingsOf(resources: Resources, region: string): Settings {
  const functions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  const memoryMb = Number(functions[0]?.Properties?.MemorySize ?? 1769);
  const variable = (name: string) => functions[0]?.Properties?.Environment?.Variables?.[name];
  const prices = REGIONS[region] as Settings['prices'];
  return {
    ...{ prices, freeTier: false, api: 'rest', accessLog: true, lambdaLog: true },
    events: variable('EVENTS') === 'on',
    argon2id: variable('PASSWORD_HASH') === 'argon2id',
    memoryMb,
    lightMemoryMb: memoryMb,
  };
}
