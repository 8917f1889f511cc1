// Run when the function `docs` is bundled, not when it starts: the bundle holds what is exported here, and none of the
// code (tools/build/bundle.ts). So a cold start makes no document and compresses nothing.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { openapiDocument } from './document.ts';

/** A file of the page. `version` changes with its content. */
export type Asset = { type: string; version: string; gzipped: string };

/** What stands in the document for the deployment's own values. Neither can be part of anything else in it. */
export const marks = { server: '/{server}', passwordMinimum: 987_654_321 };

const documents = [true, false].map((adminApi) => JSON.stringify(openapiDocument({ ...marks, adminApi })));

/**
 * The whole document, and the same without the administrator's API, for deployments that don't serve that. Brotli, whose
 * window is wide enough to hold both as one.
 */
export const compressedDocuments: string = brotliCompressSync(JSON.stringify(documents)).toString('base64');

export const script: Asset = asset('text/javascript; charset=utf-8', [
  packaged('swagger-ui-bundle.js'),
  new URL('./start-reference.js', import.meta.url),
]);

export const styles: Asset = asset('text/css; charset=utf-8', [
  packaged('swagger-ui.css'),
  new URL('./reference.css', import.meta.url),
]);

/** What the licences of Swagger UI and of what it contains ask for: their texts go wherever the code goes. */
function licences(): string {
  const ours = ['NOTICE', 'LICENSE'].map((file) => readFileSync(packaged(file), 'utf8').trim());
  const contained = readFileSync(packaged('swagger-ui-bundle.js.LICENSE.txt'), 'utf8').trim(); // comments already
  return `/*!\n${ours.join('\n\n')}\n*/\n${contained}\n`;
}

function packaged(file: string): string {
  return createRequire(import.meta.url).resolve(`swagger-ui-dist/${file}`);
}

function asset(type: string, files: (string | URL)[]): Asset {
  const text = [
    licences(),
    ...files.map((file) => readFileSync(file, 'utf8').replace(/^\/[/*]# sourceMappingURL=.*$/gm, '')),
  ].join('\n');
  const version = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  return { type, version, gzipped: gzipSync(text, { level: 9 }).toString('base64') };
}
