import { ProblemError } from '../core/problem.ts';
import type { Request } from './request.ts';

/** Octets. Far above any request of ours, far below what would cost time to parse. */
const MAX_OCTETS = 32 * 1024;

type Fields = Record<string, unknown>;

/**
 * The fields of a JSON body; none where there is no body.
 *
 * @throws ProblemError `body-too-large`, `unsupported-media-type`, `malformed-body`, asked in this order
 */
export async function jsonFields(request: Request): Promise<Fields> {
  return readFieldsAs({ 'application/json': jsonObject }, request);
}

/** The fields of a body in JSON or either encoding of HTML forms. @throws as `jsonFields` */
export async function jsonOrFormFields(request: Request): Promise<Fields> {
  return readFieldsAs(
    {
      'application/json': jsonObject,
      'application/x-www-form-urlencoded': urlencodedForm,
      'multipart/form-data': multipartForm,
    },
    request,
  );
}

/** The fields of a plain HTML form. @throws as `jsonFields` */
export async function formFields(request: Request): Promise<Fields> {
  return readFieldsAs({ 'application/x-www-form-urlencoded': urlencodedForm }, request);
}

type Reader = (text: string, contentType: string, body: Buffer) => Fields | Promise<Fields>;

async function readFieldsAs(readers: Record<string, Reader>, request: Request): Promise<Fields> {
  const { body } = request;
  if (body === undefined) return {};
  if (body.length > MAX_OCTETS) throw new ProblemError({ code: 'body-too-large' });
  const contentType = request.header('content-type') ?? '';
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const reader = Object.hasOwn(readers, mediaType) ? readers[mediaType] : undefined;
  if (reader === undefined) throw new ProblemError({ code: 'unsupported-media-type' });
  return reader(decode(body, request.header('content-length')), contentType, body);
}

/** Octets to text, whatever `charset` says: RFC 8259 section 8.1 knows none but UTF-8. */
function decode(body: Buffer, contentLength: string | undefined): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw malformed('not UTF-8', cause);
  }
  // A gateway that delivers text has already put U+FFFD for what was no UTF-8; then the length gives it away.
  const sent = Number(contentLength);
  if (text.includes('\uFFFD') && Number.isInteger(sent) && sent !== body.length)
    throw malformed('not UTF-8 when sent');
  return text;
}

function jsonObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed('not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('not a JSON object');
  return value as Fields;
}

function urlencodedForm(text: string): Fields {
  for (const [run] of text.matchAll(/(?:%[0-9a-f]{2})+/gi)) {
    try {
      decodeURIComponent(run);
    } catch (cause) {
      throw malformed('percent-encoded octets that are not UTF-8', cause);
    }
  }
  return Object.fromEntries(new URLSearchParams(text));
}

async function multipartForm(_text: string, contentType: string, body: Buffer): Promise<Fields> {
  try {
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': contentType },
    }).formData();
    return Object.fromEntries(form);
  } catch (cause) {
    throw malformed('not multipart/form-data', cause);
  }
}

function malformed(detail: string, cause?: unknown): ProblemError {
  return new ProblemError({ code: 'malformed-body' }, `the body is ${detail}`, { cause });
}
