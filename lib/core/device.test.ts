import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { deviceOf } from './device.ts';

const KHTML = '(KHTML, like Gecko)';

test.each([
  ['Firefox on Windows', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0'],
  [
    'Chrome on Windows',
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 ${KHTML} Chrome/126.0.0.0 Safari/537.36`,
  ],
  [
    'Edge on Windows',
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 ${KHTML} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0`,
  ],
  [
    'Opera on Linux',
    `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 ${KHTML} Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0`,
  ],
  [
    'Safari on macOS',
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 ${KHTML} Version/17.5 Safari/605.1.15`,
  ],
  [
    'Safari on iOS',
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 ${KHTML} Version/17.5 Mobile/15E148 Safari/604.1`,
  ],
  [
    'Chrome on iPadOS',
    `Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 ${KHTML} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`,
  ],
  [
    'Firefox on iOS',
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 ${KHTML} FxiOS/127.0 Mobile/15E148 Safari/605.1.15`,
  ],
  ['Firefox on Android', 'Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0'],
  [
    'Samsung Internet on Android',
    `Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 ${KHTML} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`,
  ],
  [
    'Chrome on ChromeOS',
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 ${KHTML} Chrome/126.0.0.0 Safari/537.36`,
  ],
  ['Internet Explorer on Windows', 'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko'],
  ['iOS', 'ExampleApp/3.1 (iPhone; iOS 17.5; Scale/3.00)'],
  ['Firefox', 'Firefox/128.0'],
])('%s', (words, userAgent) => {
  expect(deviceOf(userAgent)).toBe(words);
});

test.each([undefined, '', 'curl/8.7.1', 'node', 'okhttp/4.12.0', 'Mozilla/5.0', '<script>alert(1)</script>'])(
  'nothing is said of %j',
  (userAgent) => {
    expect(deviceOf(userAgent)).toBeUndefined();
  },
);

test('a User-Agent of megabytes is judged by its beginning, at once', () => {
  const begun = performance.now();
  expect(deviceOf(`Version/1 ${'1. '.repeat(1_000_000)}`)).toBeUndefined();
  expect(performance.now() - begun).toBeLessThan(100);
});

test('docs/devices.md has every name', () => {
  const source = readFileSync(new URL('device.ts', import.meta.url), 'utf8');
  const names = [...source.matchAll(/^ {2}\['([^']+)'/gm)].map(([, name]) => name);
  const page = readFileSync(new URL('../../docs/devices.md', import.meta.url), 'utf8');
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) expect(page).toContain(`\n- ${name}\n`);
});
