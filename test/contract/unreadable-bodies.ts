import { type Call, type Client, inProcess } from '../harness/client.ts';

/** Why a body cannot be read; each dialect tells it in its own shape. */
export type Unreadable = 'malformed' | 'too large' | 'unsupported';

const KIB_32 = 32 * 1024;
const json = { 'content-type': 'application/json' };

/** Text of a JSON object with these fields, padded to exactly so many bytes. */
function paddedJson(fields: object, bytes: number): string {
  const text = JSON.stringify({ ...fields, padding: '' });
  return text.replace(/""\}$/, `"${'x'.repeat(bytes - text.length)}"}`);
}

type UnreadableBody = { rule: string; call: Omit<Call, 'path'>; because: Unreadable };

function ofType(type: string): UnreadableBody {
  return {
    rule: `the content type ${type}`,
    call: { headers: { 'content-type': type }, body: '{}' },
    because: 'unsupported',
  };
}

const anyhow: UnreadableBody[] = [
  ...['gzip', 'deflate, gzip', 'br', 'aes128gcm'].map(
    (encoding): UnreadableBody => ({
      rule: `the content encoding ${encoding}`,
      call: { headers: { ...json, 'content-encoding': encoding }, body: '{}' },
      because: 'unsupported',
    }),
  ),
  { rule: 'JSON that is cut off', call: { headers: json, body: '{"email":' }, because: 'malformed' },
  {
    rule: 'JSON with a trailing comma',
    call: { headers: json, body: '{"email":"a",}' },
    because: 'malformed',
  },
  { rule: 'JSON followed by more', call: { headers: json, body: '{}{}' }, because: 'malformed' },
  { rule: 'white space alone', call: { headers: json, body: '  ' }, because: 'malformed' },
  { rule: 'a form that says it is JSON', call: { headers: json, body: 'a=b' }, because: 'malformed' },
  { rule: 'JSON that is an array', call: { headers: json, body: '[{}]' }, because: 'malformed' },
  { rule: 'JSON that is a string', call: { headers: json, body: '"{}"' }, because: 'malformed' },
  { rule: 'JSON that is a number', call: { headers: json, body: '5' }, because: 'malformed' },
  { rule: 'JSON that is true', call: { headers: json, body: 'true' }, because: 'malformed' },
  {
    rule: 'an byte that is no UTF-8',
    call: { headers: json, body: Buffer.from('{"email":"\xff"}', 'latin1') },
    because: 'malformed',
  },
  {
    rule: 'a surrogate encoded as UTF-8',
    call: { headers: json, body: Buffer.from('{"email":"\xed\xa0\x80"}', 'latin1') },
    because: 'malformed',
  },
  {
    rule: 'an overlong encoding',
    call: { headers: json, body: Buffer.from('{"email":"\xc0\xaf"}', 'latin1') },
    because: 'malformed',
  },
  {
    rule: 'UTF-16, whatever charset says',
    call: {
      headers: { 'content-type': 'application/json; charset=utf-16' },
      body: Buffer.from('\ufeff{"email":"a"}', 'utf16le'),
    },
    because: 'malformed',
  },
  {
    rule: 'one byte more than 32 KiB',
    call: { headers: json, body: paddedJson({}, KIB_32 + 1) },
    because: 'too large',
  },
  {
    rule: 'more than 32 KiB in bytes, fewer in characters',
    call: { headers: json, body: JSON.stringify({ padding: 'ü'.repeat(KIB_32 / 2) }) },
    because: 'too large',
  },
  {
    rule: 'too many bytes, by that alone when the type is wrong too',
    call: { headers: { 'content-type': 'text/plain' }, body: paddedJson({}, KIB_32 + 1) },
    because: 'too large',
  },
  {
    rule: 'too many bytes, by that alone when the syntax is wrong too',
    call: { headers: json, body: '{'.repeat(KIB_32 + 1) },
    because: 'too large',
  },
  { rule: 'a body without a content type', call: { body: '{}' }, because: 'unsupported' },
  {
    rule: 'a body that is no JSON, by its missing content type alone',
    call: { body: '{"email":' },
    because: 'unsupported',
  },
  {
    rule: 'text/plain, by its type alone when the syntax is wrong too',
    call: { headers: { 'content-type': 'text/plain' }, body: '{"email":' },
    because: 'unsupported',
  },
  ...[
    'text/json',
    'application/jsonp',
    'application/merge-patch+json',
    '*/*',
    'json',
    ';',
    'constructor',
  ].map(ofType),
];

/** What API Gateway can make of a body on its way. Over HTTP it decides by itself, always for base64. */
const delivered: UnreadableBody[] = [
  {
    rule: 'an byte that is no UTF-8, replaced before it is delivered as text',
    call: { headers: json, body: Buffer.from('{"email":"\xff"}', 'latin1'), base64: false },
    because: 'malformed',
  },
  {
    rule: 'JSON that is cut off, delivered base64-encoded',
    call: { headers: json, body: '{"email":', base64: true },
    because: 'malformed',
  },
  {
    rule: 'one byte more than 32 KiB, delivered base64-encoded',
    call: { headers: json, body: paddedJson({}, KIB_32 + 1), base64: true },
    because: 'too large',
  },
  {
    rule: 'text/plain, delivered base64-encoded',
    call: { headers: { 'content-type': 'text/plain' }, body: '{}', base64: true },
    because: 'unsupported',
  },
];

/** Bodies that no operation reads, each with the reason. Their fields are never looked at. */
export function unreadableBodiesFor(client: Client): UnreadableBody[] {
  return client === inProcess ? [...anyhow, ...delivered] : anyhow;
}

/** Ways to send one JSON object that all mean the same. */
export const readableBodies: { rule: string; callWith(fields: object): Omit<Call, 'path'> }[] = [
  { rule: 'as application/json', callWith: (fields) => ({ headers: json, body: JSON.stringify(fields) }) },
  { rule: 'delivered base64-encoded', callWith: (fields) => ({ body: fields, base64: true }) },
  {
    rule: 'with extra fields',
    callWith: (fields) => ({
      body: { ...fields, bio: 5, role: 'admin', userId: 'me', nested: { deep: [1] } },
    }),
  },
  {
    rule: 'with an X-Forwarded-For and an X-Forwarded-Host',
    callWith: (fields) => ({
      body: fields,
      headers: { 'x-forwarded-for': 'batch', 'x-forwarded-host': 'evil.example' },
    }),
  },
  {
    rule: 'of exactly 32 KiB',
    callWith: (fields) => ({ headers: json, body: paddedJson(fields, KIB_32) }),
  },
  {
    rule: 'with white space around it',
    callWith: (fields) => ({ headers: json, body: `\r\n\t ${JSON.stringify(fields, null, 2)}\n` }),
  },
  ...[
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset=iso-8859-1',
    'application/json; charset="utf-16"',
    'application/json; charset=nonsense',
    'application/json; profile="x"; charset=us-ascii',
    'application/json;',
    'APPLICATION/JSON',
  ].map((type) => ({
    rule: `as ${type}`,
    callWith: (fields: object) => ({ headers: { 'content-type': type }, body: JSON.stringify(fields) }),
  })),
];
