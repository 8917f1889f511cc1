import fc from 'fast-check';

const FIELDS = [
  'name',
  'bio',
  'email',
  'username',
  'password',
  'confirm',
  'refreshToken',
  'tag',
  'response',
  'passkey',
  'factorId',
  'challenge',
  'code',
  'recoveryCode',
  'otp',
  'token',
  'verification',
  '__proto__',
  'constructor',
];

/** Text that is nearly right, or as wrong as text can be. */
const text = fc.oneof(
  fc.constantFrom(
    'ada@example.com',
    ' ADA@EXAMPLE.COM ',
    'correct horse',
    '',
    ' ',
    '\0',
    '\ud800',
    'a@b@c.example',
    '"a b"@example.com',
    'a@[127.0.0.1]',
    'ａ@ｅxample.com',
    'a@xn--a.example',
    'a@bücher.example',
    `${'a'.repeat(254)}@example.com`,
    `a@${'b.'.repeat(120)}c`,
    'x'.repeat(72),
    'é'.repeat(37),
    '\u0301'.repeat(2_000),
    'a\r\nBcc: b@example.com',
    'A'.repeat(128),
    '-'.repeat(64),
    'A'.repeat(43),
    '123456',
    '0123AB-CDEFGH-JKMNPQ-RSTVWX',
  ),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.base64String({ minLength: 60, maxLength: 132 }),
  fc.emailAddress(),
);

/** What a browser answers for a passkey, with parts that are nearly right or as wrong as they can be. */
const part = fc.oneof(
  text,
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
);
const clientData = fc
  .record({
    type: fc.constantFrom('webauthn.create', 'webauthn.get', 'x'),
    challenge: part,
    origin: fc.constantFrom('https://app.example.com', 'null'),
    crossOrigin: fc.constantFrom(false, true, undefined, 'no'),
  })
  .map((data) => Buffer.from(JSON.stringify(data)).toString('base64url'));
const credential = fc
  .record({
    id: fc.constantFrom('AAAA', 'k3J9', ''),
    parts: fc.record({
      clientDataJSON: fc.oneof(clientData, part),
      attestationObject: part,
      authenticatorData: part,
      signature: part,
      userHandle: part,
    }),
    transports: fc.jsonValue({ maxDepth: 2 }),
  })
  .map(({ id, parts, transports }) => ({
    id,
    rawId: id,
    type: 'public-key',
    response: { ...parts, transports },
  }));

const value = fc.oneof(
  { weight: 1, arbitrary: credential },
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);
const fieldName = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...FIELDS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
);
const fields = fc.dictionary(fieldName, value, {
  maxKeys: 8,
  noNullPrototype: true,
});

const boundary = fc.constantFrom('gatehouse', '', '"a b"', 'x'.repeat(71), '\\', 'a;b=c');

function formOf(all: Record<string, unknown>, mark: string): string {
  const parts = Object.entries(all).map(
    ([name, content]) =>
      `--${mark}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${typeof content === 'string' ? content : JSON.stringify(content)}\r\n`,
  );
  return `${parts.join('')}--${mark}--\r\n`;
}

function urlencoded(all: Record<string, unknown>): string {
  const pairs = Object.entries(all).map(([name, content]) => [
    name,
    typeof content === 'string' ? content : JSON.stringify(content),
  ]);
  return new URLSearchParams(pairs as [string, string][]).toString();
}

const anyBody: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fields.map((all) => JSON.stringify(all)) },
  {
    weight: 2,
    arbitrary: fields.map(urlencoded),
  },
  { weight: 2, arbitrary: fc.tuple(fields, boundary).map(([all, mark]) => formOf(all, mark)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fields, fc.nat({ max: 300 }), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([all, at, junk]) => {
        const sound = JSON.stringify(all);
        return sound.slice(0, at) + junk + sound.slice(at + 1);
      }),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 400 }) },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('[', '{"a":', '"\\', '%', '--gatehouse\r\n', '9', ' '), fc.nat({ max: 40_000 }))
      .map(([unit, times]) => unit.repeat(Math.ceil(times / unit.length))),
  },
  { weight: 1, arbitrary: fc.constantFrom(undefined, null, '', 5, true, {}, [], Number.NaN) },
);

const contentType = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  { weight: 2, arbitrary: fc.constant('application/x-www-form-urlencoded') },
  { weight: 2, arbitrary: boundary.map((mark) => `multipart/form-data; boundary=${mark}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      ';',
      'text/plain',
      'APPLICATION/JSON;charset=x',
      'multipart/form-data',
      '__proto__',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
);

const headers = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.dictionary(fc.string({ maxLength: 20 }), text, { maxKeys: 3, noNullPrototype: true }),
  },
  { weight: 1, arbitrary: fc.constant(null) },
);

const authorization = fc.oneof(
  text.map((token) => `Bearer ${token}`),
  text,
  fc.constantFrom('Bearer', 'bearer  ', `Bearer ${'.'.repeat(9_000)}`, `Bearer ${' '.repeat(9_000)}x`),
);

type Sent = { body: unknown; type: string; base64: boolean };

/** A body that is what its headers say: what is wrong, if anything, are its fields. */
const soundBody: fc.Arbitrary<Sent> = fc
  .tuple(fields, fc.constantFrom('json', 'json', 'form', 'multipart'), fc.boolean())
  .map(([all, kind, base64]) => {
    const [type, text] = {
      json: ['application/json', JSON.stringify(all)] as const,
      form: ['application/x-www-form-urlencoded', urlencoded(all)] as const,
      multipart: ['multipart/form-data; boundary=gatehouse', formOf(all, 'gatehouse')] as const,
    }[kind as 'json' | 'form' | 'multipart'];
    return { type, base64, body: base64 ? Buffer.from(text).toString('base64') : text };
  });

const sent: fc.Arbitrary<Sent> = fc.oneof(
  { weight: 2, arbitrary: soundBody },
  { weight: 1, arbitrary: fc.record({ body: anyBody, type: contentType, base64: fc.boolean() }) },
);

/** Events that API Gateway, an emulator of it or a file given to `serverless invoke local` might deliver. */
export function events(routes: Iterable<string>): fc.Arbitrary<{ route: string; event: object }> {
  return fc
    .record({
      route: fc.constantFrom(...routes),
      sent,
      other: headers,
      authorization,
      token: text,
      length: fc.oneof(fc.nat().map(String), fc.string({ maxLength: 5 })),
      query: fc.option(fc.record({ tag: text, token: text }, { requiredKeys: [] })),
      multi: fc.boolean(),
      sourceIp: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 10 }), fc.constant(undefined)),
      slash: fc.constantFrom('', '/'),
    })
    .map(({ route, sent, other, length, query, multi, sourceIp, slash, ...tokens }) => {
      const [httpMethod = '', resource = ''] = route.split(' ');
      const all = other && {
        ...other,
        'Content-Type': sent.type,
        Authorization: tokens.authorization,
        token: tokens.token,
        ...(multi && { 'Content-Length': length }),
      };
      const lists = (single: object | null) =>
        single && Object.fromEntries(Object.entries(single).map(([name, one]) => [name, [one]]));
      const event = {
        httpMethod,
        resource: resource + slash,
        path: resource + slash,
        headers: all,
        multiValueHeaders: multi ? lists(all) : null,
        queryStringParameters: query,
        multiValueQueryStringParameters: multi ? lists(query) : null,
        requestContext: sourceIp === undefined ? {} : { identity: { sourceIp } },
        body: sent.body,
        isBase64Encoded: sent.base64,
      };
      return { route, event };
    });
}
