// What an hour of a flood of log-ins costs, with a web ACL and without one.
import type { Results } from '../results-file.ts';
import { bill, type Fixed, type Settings, total, type Usage } from './cost-model.ts';
import type { LogBytes } from './log-bytes.ts';

export interface Flood {
  /** Requests a second, at one route. */
  readonly perSecond: number;
  /** Client addresses that they come from. */
  readonly addresses: number;
}

/** What holds a flood up: HASHES_PER_SECOND, and WAF_HASHES of one address in 5 minutes. */
export interface FloodLimits {
  readonly hashesPerSecond: number;
  readonly wafHashes: number;
}

const HOUR = 3600;
const WINDOWS_AN_HOUR = 12;
/** Two rates and two managed groups: infrastructure/web-acl.ts. */
const WEB_ACL_RULES = 4;
const NOBODY: Usage = {
  users: 0,
  register: 0,
  'log-in': 0,
  refresh: 0,
  welcome: 0,
  'log-out': 0,
  forget: 0,
  reset: 0,
};
const NOTHING_FIXED: Fixed = { alarmMetrics: 0, dashboards: 0, kmsKeys: 0 };

/** What the web ACL costs a month before its first request. */
export function webAclMonth({ prices }: Settings): number {
  return prices.webAcl.dollars + WEB_ACL_RULES * prices.webAclRule.dollars;
}

/**
 * Dollars. Each request that is let through counts like a log-in that succeeds, though most of a flood is refused for
 * less. API Gateway bills nothing for what its own limits refuse.
 */
export function floodHour(
  flood: Flood,
  limits: FloodLimits,
  results: Results,
  logs: LogBytes,
  settings: Settings,
): { without: number; withAcl: number } {
  const cost = (logIns: number) => {
    const of = (usage: Usage) => total(bill(usage, results, logs, NOTHING_FIXED, settings));
    return of({ ...NOBODY, users: 1, 'log-in': logIns }) - of(NOBODY);
  };
  const sent = flood.perSecond * HOUR;
  const through = Math.min(sent, limits.hashesPerSecond * HOUR);
  const throughAcl = Math.min(through, flood.addresses * limits.wafHashes * WINDOWS_AN_HOUR);
  const inspected = (sent / 1e6) * settings.prices.webAclRequests.dollars;
  return { without: cost(through), withAcl: cost(throughAcl) + inspected };
}
