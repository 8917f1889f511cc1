import { brotliDecompressSync } from 'node:zlib';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { alwaysHeaders } from '../http/answer-headers.ts';
import { routeOf } from '../http/request.ts';
import { isolation } from '../pages/page-headers.ts';
import { type Asset, compressedDocuments, marks, script, styles } from './reference.built.ts';

/** Allows only this API's own files and requests to this API. Swagger UI's styles have their images as data URLs. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Seconds. An older page or document would lag behind the next deployment. */
const MAX_AGE = 300;

const SUFFIXES = /\/(openapi\.json|docs|docs\/reference\.js|docs\/reference\.css)\/?$/;

/**
 * Serves the API's own description: the document, the page that shows it, and the page's files. They are the same for
 * everybody, except for the deployment's own settings.
 *
 * @param passwordMinimum code points
 */
export function answerReference(
  event: APIGatewayProxyEvent,
  { passwordMinimum, adminApi }: { passwordMinimum: number; adminApi: boolean },
): APIGatewayProxyResult {
  const base = basePath(event);
  switch (routeOf(event)) {
    case 'GET /openapi.json':
      return answer('application/json; charset=utf-8', documentFor(base, passwordMinimum, adminApi));
    case 'GET /docs/reference.js':
      return answerAsset(script);
    case 'GET /docs/reference.css':
      return answerAsset(styles);
    default:
      return answer('text/html; charset=utf-8', page(base), {
        ...isolation,
        'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      });
  }
}

function documentFor(base: string, passwordMinimum: number, adminApi: boolean): string {
  const text = brotliDecompressSync(Buffer.from(compressedDocuments, 'base64')).toString();
  const [whole = '', withoutAdmin = ''] = JSON.parse(text) as string[];
  return (adminApi ? whole : withoutAdmin)
    .replaceAll(marks.server, base || '/')
    .replaceAll(String(marks.passwordMinimum), String(passwordMinimum));
}

/** The part of the request's path before the route: the stage, or nothing with a custom domain. */
function basePath({ requestContext, path }: APIGatewayProxyEvent): string {
  const base = (requestContext?.path ?? path).replace(SUFFIXES, '');
  return /^\/[\w-]+$/.test(base) ? base : '';
}

function page(base: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Gatehouse API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${base}/docs/reference.css?${styles.version}">
</head>
<body>
<div id="reference"></div>
<noscript><p>This page needs JavaScript. What it shows is in <a href="${base}/openapi.json">openapi.json</a>.</p></noscript>
<script src="${base}/docs/reference.js?${script.version}"></script>
</body>
</html>
`;
}

/**
 * Always compressed, whatever the client accepts: every browser can read it, and uncompressed a stranger could cause five
 * times the traffic. Browsers may cache it for ever, since its URL has the version.
 */
function answerAsset({ type, gzipped }: Asset): APIGatewayProxyResult {
  const headers = { 'Cache-Control': 'public, max-age=31536000, immutable', 'Content-Encoding': 'gzip' };
  return { ...answer(type, gzipped, headers), isBase64Encoded: true };
}

function answer(type: string, body: string, headers: Record<string, string> = {}): APIGatewayProxyResult {
  return {
    statusCode: 200,
    headers: {
      ...alwaysHeaders,
      'Cache-Control': `public, max-age=${MAX_AGE}`,
      'Content-Type': type,
      ...headers,
    },
    body,
  };
}
