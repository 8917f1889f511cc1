import { ProblemError } from '../core/problem.ts';
import { contentTypeOf } from './media-type.ts';
import { multipartFields } from './multipart.ts';
import type { Request } from './request.ts';

/** Bytes. Far more than any request needs, and too few to cost time in parsing. */
const MAX_BYTES = 32 * 1024;

type Fields = Record<string, unknown>;

/** How a body may be encoded. */
export type BodyForm = 'json' | 'urlencoded' | 'multipart';

export const MEDIA_TYPES: Record<BodyForm, string> = {
  json: 'application/json',
  urlencoded: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
};

/**
 * The fields of a body in one of these forms. A request without a body has no fields.
 *
 * @throws ProblemError `body-too-large`, `unsupported-media-type`, `malformed-body`, checked in this order
 */
export function bodyFields(request: Request, forms: readonly BodyForm[]): Fields {
  const { body } = request;
  if (body === undefined) return {};
  if (body.length > MAX_BYTES) throw new ProblemError({ code: 'body-too-large' });
  const { mediaType, value } = contentTypeOf(request.headers('content-type'));
  const form = forms.find((candidate) => MEDIA_TYPES[candidate] === mediaType);
  // Compressed bodies aren't supported, so a Content-Encoding is refused whatever the bytes are (RFC 9110 section 15.5.16).
  const encoded = !/^(identity)?$/i.test(request.header('content-encoding') ?? '');
  if (form === undefined || encoded) throw new ProblemError({ code: 'unsupported-media-type' });
  return READERS[form](decode(body, request.header('content-length')), value);
}

type Reader = (text: string, contentType: string) => Fields;

/** Bytes to text, whatever `charset` says: RFC 8259 section 8.1 allows only UTF-8. */
function decode(body: Buffer, contentLength: string | undefined): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw malformed('not UTF-8', cause);
  }
  // A gateway that delivers text has already replaced invalid UTF-8 by U+FFFD, which the length reveals.
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
      throw malformed('percent-encoded bytes that are not UTF-8', cause);
    }
  }
  return Object.fromEntries(new URLSearchParams(text));
}

function multipartForm(text: string, contentType: string): Fields {
  try {
    return multipartFields(contentType, text);
  } catch (cause) {
    throw malformed('not multipart/form-data', cause);
  }
}

const READERS: Record<BodyForm, Reader> = {
  json: jsonObject,
  urlencoded: urlencodedForm,
  multipart: multipartForm,
};

function malformed(detail: string, cause?: unknown): ProblemError {
  return new ProblemError({ code: 'malformed-body' }, `the body is ${detail}`, { cause });
}
