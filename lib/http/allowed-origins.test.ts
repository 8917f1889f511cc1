import { describe, expect, test } from 'vitest';
import { allowsOrigin, isOriginPattern } from './allowed-origins.ts';

describe('an entry of CORS_ORIGINS', () => {
  test.each([
    'https://app.example.com',
    'https://app.example.com:8443',
    'http://localhost:5173',
    'http://localhost',
    'https://localhost',
    'http://[::1]:5173',
    'https://xn--mnchen-3ya.example',
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'http://tauri.localhost',
    'app://obsidian.md',
    'com.example.app://localhost',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    'https://*.example.com',
    'https://*.example.com:8443',
    'https://app-*.example.com',
    'https://deploy-preview-*--site.netlify.app',
    'https://*-team.vercel.app',
    'https://*.preview.example.com',
    'http://*.localhost:3000',
    'http://localhost:*',
    'http://127.0.0.1:*',
    'http://[::1]:*',
  ])('may be %s', (pattern) => {
    expect(isOriginPattern(pattern)).toBe(true);
  });

  test.each([
    '*',
    'null',
    'app.example.com',
    '*.example.com',
    '//app.example.com',
    'https://',
    'https://*',
    'https://*.com',
    'https://**.example.com',
    'https://*.*.example.com',
    'https://app.*.example.com',
    'https://app.example.*',
    'https://*example.com',
    'https://app.example.com:*',
    'http://localhost:*/',
    '*://app.example.com',
    'https://*.example.com/',
    'https://*.example.com/x',
    'https://app.example.com/',
    'https://app.example.com/x',
    'https://app.example.com?x',
    'https://app.example.com#x',
    'https://app.example.com:443',
    'https://App.example.com',
    'HTTPS://app.example.com',
    'https://münchen.example',
    'https://ada@app.example.com',
    'https://*.0.0.1',
    'capacitor://',
    'capacitor:localhost',
    'capacitor://localhost/',
    'capacitor://localhost/x',
    'capacitor://*',
    'file://',
    'file://localhost',
    'data:text/html,x',
    'javascript://localhost',
  ])('is never %s', (pattern) => {
    expect(isOriginPattern(pattern)).toBe(false);
  });
});

describe('a page', () => {
  const patterns = [
    'https://app.example.com',
    'https://*.preview.example.com',
    'https://deploy-preview-*--site.netlify.app',
    'http://localhost:*',
    'capacitor://localhost',
  ];

  test.each([
    'https://app.example.com',
    'https://pr-12.preview.example.com',
    'https://deploy-preview-7--site.netlify.app',
    'http://localhost',
    'http://localhost:80',
    'http://localhost:5173',
    'capacitor://localhost',
  ])('of %s may call', (origin) => {
    expect(allowsOrigin(patterns, origin)).toBe(true);
  });

  test.each([
    '',
    '*',
    'null',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com.evil.example',
    'https://preview.example.com',
    'https://.preview.example.com',
    'https://a.b.preview.example.com',
    'https://pr-12xpreview.example.com',
    'https://pr-12.preview.example.com:8443',
    'https://pr-12.preview.example.com.evil.example',
    'https://evil.example/.preview.example.com',
    'https://evil.example#.preview.example.com',
    'https://evil.example\n.preview.example.com',
    'https://*.preview.example.com.evil.example',
    'https://deploy-preview---site.netlify.app',
    'https://deploy-preview-7.evil--site.netlify.app',
    'http://localhost:',
    'http://localhost:5173.evil.example',
    'http://localhost.evil.example:5173',
    'https://localhost:5173',
    'capacitor://localhost2',
  ])('of %j may not', (origin) => {
    expect(allowsOrigin(patterns, origin)).toBe(false);
  });
});
