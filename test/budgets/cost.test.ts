import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { costChart } from '../../bench/cost/cost-chart.ts';
import {
  ASSUMED,
  bill,
  billedMs,
  breakEven,
  type Line,
  type Settings,
  total,
  type Usage,
} from '../../bench/cost/cost-model.ts';
import { floodHour, webAclMonth } from '../../bench/cost/flood.ts';
import { measureLogBytes } from '../../bench/cost/log-bytes.ts';
import { COGNITO, PEERS, type Price, REGIONS, type RegionPrices } from '../../bench/cost/prices.ts';
import { OPERATIONS, readResults } from '../../bench/results-file.ts';
import { readService } from '../../tools/deploy/service.ts';
import { root } from '../../tools/folders.ts';
import { MEASURED } from './measured.ts';

const here = REGIONS['us-east-1'] as RegionPrices;
const settings: Settings = {
  prices: here,
  freeTier: false,
  api: 'rest',
  memoryMb: 1769,
  lightMemoryMb: 1769,
  accessLog: true,
  lambdaLog: true,
  events: false,
  argon2id: false,
};
const nothing: Usage = {
  users: 0,
  register: 0,
  'log-in': 0,
  refresh: 0,
  welcome: 0,
  'log-out': 0,
  forget: 0,
  reset: 0,
};
const logs = {
  ours: Object.fromEntries(OPERATIONS.map((operation) => [operation, 600])) as Record<
    (typeof OPERATIONS)[number],
    number
  >,
  lambda: 300,
  access: 100,
};
const fixed = { alarmMetrics: 33, dashboards: 1, kmsKeys: 1 };
const billOf = (usage: Partial<Usage>, changed: Partial<Settings> = {}) =>
  bill({ ...nothing, ...usage }, MEASURED, logs, fixed, { ...settings, ...changed });
const dollarsFor = (lines: Line[], service: string) => {
  const line = lines.find((each) => each.service === service);
  if (!line) throw new Error(`there is no line ${service}`);
  return line.dollars;
};

test('an hour of a flood costs what gets through, and a web ACL looks at all of it', () => {
  const limits = { hashesPerSecond: 500, wafHashes: 300 };
  const hour = (addresses: number, perSecond = 1_000) =>
    floodHour({ perSecond, addresses }, limits, MEASURED, logs, settings);
  const looked = 3.6 * 0.6;
  expect(hour(1).withAcl).toBeCloseTo(
    looked + floodHour({ perSecond: 1, addresses: 1 }, limits, MEASURED, logs, settings).without,
    2,
  );
  expect(hour(1).without).toBe(hour(10_000).without);
  expect(hour(10_000).withAcl).toBeCloseTo(hour(10_000).without + looked, 6);
  expect(hour(1, 400).without).toBeLessThan(hour(1).without);
  expect(hour(1, 5_000).without).toBe(hour(1).without);
  expect(webAclMonth(settings)).toBe(9);
});

describe('A bill', () => {
  test('with no users is what is fixed: metrics, alarms, dashboard and key', () => {
    const lines = billOf({});
    expect(total(lines)).toBeCloseTo(ASSUMED.metrics * 0.3 + 33 * 0.1 + 3 + 1, 10);
    expect(lines.filter(({ dollars }) => dollars > 0).map(({ service }) => service)).toEqual([
      'CloudWatch, metrics',
      'CloudWatch, alarms and dashboard',
      'KMS',
    ]);
  });

  test('of a million refreshes is what one reckons by hand', () => {
    const lines = billOf({ users: 10_000, refresh: 100 });
    expect(dollarsFor(lines, 'API Gateway (REST)')).toBeCloseTo(3.5, 10);
    expect(dollarsFor(lines, 'Lambda, requests')).toBeCloseTo(0.2, 10);
    // 5 ms own + one trip of 4 + 1 of the runtime + a hundredth of a start of 300, at 1769 / 1024 GB
    expect(dollarsFor(lines, 'Lambda, time')).toBeCloseTo(1e6 * 0.013 * (1769 / 1024) * 0.0000133334, 10);
    expect(dollarsFor(lines, 'DynamoDB, writes')).toBeCloseTo(0.625, 10);
    const keyLooks = 730 * 60 * ASSUMED.keysReadUnits; // one warm container looks once a minute
    expect(dollarsFor(lines, 'DynamoDB, reads')).toBeCloseTo((1e6 + keyLooks) * 0.125e-6, 10);
    const gib = 1e9 / 1024 ** 3;
    expect(dollarsFor(lines, 'CloudWatch, logs')).toBeCloseTo(gib * (0.5 + 3 * 0.15 * 0.03), 10);
    expect(dollarsFor(lines, 'KMS')).toBeCloseTo(1 + 0.03, 10);
    expect(dollarsFor(lines, 'Data transfer')).toBeCloseTo(gib * 0.09, 10);
  });

  test('of a reset pays for two mails and what sends them', () => {
    const lines = billOf({ users: 1_000, forget: 1, reset: 1 });
    expect(dollarsFor(lines, 'SES')).toBeCloseTo(2 * 0.1, 10);
    expect(dollarsFor(lines, 'DynamoDB, writes')).toBeCloseTo(
      (1_000 * (1 + 4) + 2_000 * (ASSUMED.mails.writeUnits + 1)) * 0.625e-6, // and notes that it happened

      10,
    );
  });

  test('with events pays for each, and for the call that publishes it', () => {
    const use = { users: 1e6, 'log-in': 1 };
    const [off, on] = [billOf(use), billOf(use, { events: true })];
    expect(dollarsFor(on, 'EventBridge')).toBeCloseTo(1, 10);
    expect(off.map(({ service }) => service)).not.toContain('EventBridge');
    const calls = (lines: Line[]) => dollarsFor(lines, 'Lambda, requests');
    expect(calls(on) - calls(off)).toBeCloseTo(0.2, 10);
    expect(dollarsFor(on, 'DynamoDB, writes')).toBe(dollarsFor(off, 'DynamoDB, writes')); // noted either way
  });

  test('pays each part of the requests at the price of its tier', () => {
    const lines = billOf({ users: 1e6, refresh: 400 });
    expect(dollarsFor(lines, 'API Gateway (REST)')).toBeCloseTo(333 * 3.5 + 67 * 2.8, 6);
    const cheaper = billOf({ users: 1e6, refresh: 400 }, { api: 'http' });
    expect(dollarsFor(cheaper, 'API Gateway (HTTP)')).toBeCloseTo(300 * 1 + 100 * 0.9, 6);
  });

  test('of a load balancer is its hours and the dearer of its dimensions', () => {
    const lines = billOf({ users: 1e6, refresh: 90 }, { api: 'load balancer' });
    // 90 million requests are a thousand unit-hours of connections, and 84 GiB only 210 of bytes.
    expect(dollarsFor(lines, 'Application Load Balancer')).toBeCloseTo(730 * 0.0225 + 1_000 * 0.008, 6);
  });

  test('grows with use alone: twice the users, twice every line that is not fixed', () => {
    const use = { register: 0.05, 'log-in': 4, refresh: 120, forget: 0.02, reset: 0.02 };
    const [one, two] = [billOf({ users: 10_000, ...use }), billOf({ users: 20_000, ...use })];
    for (const service of [
      'API Gateway (REST)',
      'Lambda, time',
      'DynamoDB, writes',
      'CloudWatch, logs',
      'SES',
    ])
      expect(dollarsFor(two, service), service).toBeCloseTo(2 * dollarsFor(one, service), 6);
  });

  test('with the free tier is lower by just what is free', () => {
    const use = { users: 2e6, 'log-in': 4 };
    const [paid, free] = [billOf(use), billOf(use, { freeTier: true })];
    expect(dollarsFor(paid, 'Lambda, time') - dollarsFor(free, 'Lambda, time')).toBeCloseTo(
      400_000 * 0.0000133334,
      6,
    );
    expect(dollarsFor(paid, 'CloudWatch, logs') - dollarsFor(free, 'CloudWatch, logs')).toBeCloseTo(
      5 * 0.5,
      6,
    );
    expect(dollarsFor(free, 'API Gateway (REST)')).toBe(dollarsFor(paid, 'API Gateway (REST)'));
    for (const { dollars } of billOf({ users: 10, refresh: 1 }, { freeTier: true }))
      expect(dollars).toBeGreaterThanOrEqual(0);
  });

  test('leaves out the lines of logs that are switched off', () => {
    const use = { users: 1e6, refresh: 10 };
    const off = billOf(use, { accessLog: false, lambdaLog: false });
    expect(dollarsFor(off, 'CloudWatch, logs') / dollarsFor(billOf(use), 'CloudWatch, logs')).toBeCloseTo(
      0.6,
      6,
    );
  });
});

test('a function with half a core computes for twice as long, and waits no longer', () => {
  const half = { ...settings, memoryMb: 884.5, lightMemoryMb: 884.5 };
  expect(billedMs('log-in', MEASURED, settings)).toBe(300 + 5 + 3 * 4 + 1 + 3);
  expect(billedMs('log-in', MEASURED, half)).toBe(2 * (300 + 5) + 3 * 4 + 1 + 3);
  expect(billedMs('refresh', MEASURED, { ...settings, memoryMb: 128 })).toBe(
    billedMs('refresh', MEASURED, settings),
  );
});

test('argon2id takes its own time where a hash is computed, and none elsewhere', () => {
  const argon2id = { ...settings, argon2id: true };
  expect(billedMs('log-in', MEASURED, argon2id)).toBe(20 + 5 + 3 * 4 + 1 + 3);
  expect(billedMs('refresh', MEASURED, argon2id)).toBe(billedMs('refresh', MEASURED, settings));
});

describe('Others', () => {
  test('Cognito Essentials is free to 10,000 users and then $0.015 each', () => {
    expect(COGNITO.dollars(10_000)).toBe(0);
    expect(COGNITO.dollars(100_000)).toBe(1_350);
  });

  test('say no price where none is public', () => {
    const named = (name: string) => PEERS.find((peer) => peer.name.startsWith(name));
    expect(named('Auth0')?.dollars(100_000)).toBeUndefined();
    expect(named('Clerk')?.dollars(1_000_000)).toBeUndefined();
    expect(named('Supabase')?.dollars(200_000)).toBe(25 + 325);
  });

  test('break even where the two lines cross, or never', () => {
    expect(
      breakEven((users) => 20 + users * 0.001, COGNITO.dollars as (users: number) => number),
    ).toBeCloseTo((150 + 20) / 0.014, -2);
    expect(
      breakEven(
        (users) => users,
        () => 0,
      ),
    ).toBeUndefined();
  });
});

test('every price of every region has a source, a date and an amount', () => {
  const names = Object.keys(here).sort();
  expect(Object.keys(REGIONS)).toEqual(['us-east-1', 'eu-central-1']);
  for (const prices of Object.values(REGIONS)) {
    expect(Object.keys(prices).sort()).toEqual(names);
    for (const price of Object.values(prices).flat() as Price[]) {
      expect(price.dollars).toBeGreaterThan(0);
      expect(price.source).toMatch(/^https:\/\//);
      expect(price.date).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(['stored page', 'copied from the price list', 'knowledge']).toContain(price.seen);
    }
  }
});

test('the lines of a log are those that the code writes', async () => {
  const measured = await measureLogBytes(await readService());
  // A hash writes one line of metrics more.
  expect(measured.ours['log-in'] - measured.ours.welcome).toBeGreaterThan(150);
  for (const bytes of Object.values(measured.ours)) expect(bytes).toBeGreaterThan(400);
  expect(measured.access).toBeGreaterThan(200);
});

describe('Measurements', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-results-'));
  const write = (content: string) => {
    const file = join(folder, 'results.json');
    writeFileSync(file, content);
    return file;
  };

  test('are read as they were written', () => {
    expect(readResults(write(JSON.stringify(MEASURED)))).toEqual(MEASURED);
  });

  test.each([
    ['that are missing', undefined, /no measurements in .*`npm run bench`/],
    ['that are no JSON', '{', /no JSON.*`npm run bench`/],
    ['without an operation', JSON.stringify({ ...MEASURED, operations: {} }), /operations\.register/],
    [
      'with a figure below zero',
      JSON.stringify(MEASURED).replace('"writeUnits":4', '"writeUnits":-4'),
      /operations\.register\.writeUnits/,
    ],
    ['of no day', JSON.stringify({ ...MEASURED, measuredAt: 'today' }), /measuredAt/],
  ])('%s are refused', (_, content, message) => {
    const file = content === undefined ? join(folder, 'nothing.json') : write(content);
    expect(() => readResults(file)).toThrow(message);
  });
});

describe('The command', () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [`${root}bench/cost/cost.ts`, ...args], { encoding: 'utf8' }).then(
      ({ stdout }) => ({ code: 0, output: stdout }),
      (error: { code: number; stderr: string }) => ({ code: error.code, output: error.stderr }),
    );

  test('refuses to invent measurements, and says what makes them', async () => {
    const { code, output } = await run('--results', '/nowhere/results.json');
    expect(code).toBe(1);
    expect(output).toMatch(/^There are no measurements in \/nowhere\/results\.json\. Run `npm run bench`/);
  });

  test.each([
    [['--users', 'many'], /--users must be a number of at least 0, not "many"/],
    [['--region', 'moon-1'], /No prices are known of moon-1/],
  ])('%s is refused in words', async (args, message) => {
    const file = join(mkdtempSync(join(tmpdir(), 'gatehouse-results-')), 'results.json');
    writeFileSync(file, JSON.stringify(MEASURED));
    const { code, output } = await run('--results', file, ...args);
    expect(code).toBe(1);
    expect(output).toMatch(message);
  });

  test('adds its lines up, and names what others cost', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'gatehouse-results-')), 'results.json');
    writeFileSync(file, JSON.stringify(MEASURED));
    const { code, output } = await run('--results', file, '--users', '20000');
    expect(code).toBe(0);
    const [bought = '', rest = ''] = output.split(/^Gatehouse +\$/m);
    const sum = [...bought.matchAll(/^[A-Z].*?\$([\d.,]+)/gm)].reduce(
      (together, [, dollars = '']) => together + Number(dollars.replaceAll(',', '')),
      0,
    );
    expect(Math.abs(sum - Number.parseFloat(rest))).toBeLessThan(0.1);
    expect(output).toMatch(/^Cognito Essentials +\$150\.00/m);
  });
});

test('the chart draws a line for each, and nothing that is free or has no price', () => {
  const svg = costChart('Title <&>', 'Note', [
    { name: 'Ours', ours: true, dollars: () => 10 },
    { name: 'Free', dollars: (users) => (users < 10_000 ? 0 : users) },
    { name: 'Unknown', dollars: (users) => (users > 10_000 ? undefined : 5) },
  ]);
  const paths = [...svg.matchAll(/class="line c\d[^"]*" [^>]*d="([^"]*)"/g)].map(
    ([, path = '']) => path.split('L').length,
  );
  expect(paths).toHaveLength(3);
  expect(paths[0]).toBeGreaterThan(paths[1] ?? 0);
  expect(paths[0]).toBeGreaterThan(paths[2] ?? 0);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  expect(svg).toContain('Title &lt;&amp;>');
});
