// Runs when the function `docs` is bundled: the bundle has the exported values and none of this code (tools/build/bundle.ts).
// So a cold start makes no document and compresses nothing.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { openapiDocument } from './document.ts';

/** A file of the page. `version` changes with its content. */
export type Asset = { type: string; version: string; gzipped: string };

/** Placeholders for the deployment's own values. They occur nowhere else in the document. */
export const marks = { server: '/{server}', passwordMinimum: 987_654_321 };

const documents = [true, false].map((adminApi) => JSON.stringify(openapiDocument({ ...marks, adminApi })));

/**
 * The document with and without the administrator's API. Compressed together by Brotli, whose window is large enough that
 * the second one costs next to nothing.
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

/** The licences of Swagger UI and of its dependencies, which must be distributed with the code. */
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
