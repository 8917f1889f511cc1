import { defineConfig } from 'vite';

// The API is asked through Vite: then `npm start` of Gatehouse needs no setting, and the page no other origin.
// With VITE_API_URL the page asks that URL itself; Gatehouse has to allow it, by CORS_ORIGINS=http://localhost:5173.
const { API_URL = 'http://localhost:3000', VITE_API_URL = '' } = process.env;
const proxy = { '^/auth(/|$)': API_URL };

/** What the page may load and do; Trusted Types make an injection into the page as text an error. */
const policy = (more: string, connect: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    more,
  ].join('; ');

export default defineConfig({
  server: {
    proxy,
    strictPort: true,
    headers: { 'Content-Security-Policy': policy('', `ws://localhost:* ${VITE_API_URL}`) },
  },
  preview: {
    proxy,
    strictPort: true,
    headers: { 'Content-Security-Policy': policy("require-trusted-types-for 'script'", VITE_API_URL) },
  },
  build: { modulePreload: { polyfill: false } },
});
