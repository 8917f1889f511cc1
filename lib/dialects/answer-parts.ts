import * as v from 'valibot';

// Schemas of members that the answers of several dialects have. The tests check every answer against them, strictly.

/** @param examples values as answers have them */
/* @__NO_SIDE_EFFECTS__ */ export function text(description: string, ...examples: string[]) {
  return v.pipe(v.string(), v.description(description), v.examples(examples));
}

export const accessToken = v.pipe(
  v.string(),
  v.regex(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  v.description(
    'A JWT (RFC 9068). Verify it with the keys of `/.well-known/jwks.json`, or send it to this service.',
  ),
);

export const userId = v.pipe(
  v.string(),
  v.uuid(),
  v.description('The id of the user, `sub` of the access token.'),
);

export const email = text(
  'The stored address: lower case, its domain as an A-label (punycode).',
  'ada@example.com',
);

export const name = text('The name, trimmed.', 'Ada Lovelace');
