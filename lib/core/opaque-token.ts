import { createHash, randomBytes } from 'node:crypto';

/** Bytes of every secret: 256 bits, beyond guessing, so that a plain SHA-256 of it may be stored. */
const SECRET_BYTES = 32;
const ID_BYTES = 16;

export function newSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/**
 * SHA-256, base64url. Enough for secrets of 256 random bits; never for passwords. Hashes may be compared with `===`:
 * how far two digests agree tells nothing about the secret that is asked for.
 */
export function hashSecret(secret: Buffer): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/**
 * A refresh token: where its session is, the secret that all tokens of the session share, and the secret of this one.
 *
 * The family secret is what tells an old token of ours (a replay: the session must end) from a guess by someone who
 * knows the session's id, which stands in every access token (the session must not be harmed). It opens nothing alone.
 */
export type RefreshToken = { userId: string; sessionId: string; family: Buffer; secret: Buffer };

/** 16 + 16 + 32 + 32 bytes as 128 characters of base64url: no padding bits, so one token has one spelling. */
export function writeRefreshToken(token: RefreshToken): string {
  return Buffer.concat([
    idBytes(token.userId),
    idBytes(token.sessionId),
    token.family,
    token.secret,
  ]).toString('base64url');
}

/** @returns `undefined` for a string that cannot be a refresh token of ours. */
export function readRefreshToken(text: string): RefreshToken | undefined {
  if (!/^[\w-]{128}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return {
    userId: idText(bytes.subarray(0, 16)),
    sessionId: idText(bytes.subarray(16, 32)),
    family: bytes.subarray(32, 64),
    secret: bytes.subarray(64),
  };
}

/** The tag that only the e-mail carries: which request, and the secret that answers it. */
export type ResetTag = { tagId: string; secret: Buffer };

/**
 * The secret of a mailed tag. With it the tag ends with a letter or a digit: mail programs leave a `-` or `_` at the end
 * out of the link, as if it were punctuation.
 */
export function newMailedSecret(): Buffer {
  for (;;) {
    const secret = newSecret();
    // The low six bits of the last byte are the tag's last character; 62 and 63 are `-` and `_`.
    if (((secret.at(-1) as number) & 0x3f) < 62) return secret;
  }
}

/** 16 + 32 bytes as 64 characters of base64url. */
export function writeResetTag(tag: ResetTag): string {
  return Buffer.concat([idBytes(tag.tagId), tag.secret]).toString('base64url');
}

/**
 * Reads the tag of any mailed link. It ends before the first character that is not of its alphabet: mail programs take
 * a full stop, a bracket or a line break behind a link along.
 *
 * @returns `undefined` for a string that cannot be a mailed tag of ours, the short tag of the answer among them.
 */
export function readResetTag(text: string): ResetTag | undefined {
  const [tag] = /^[\w-]{64}(?![\w-])/.exec(text) ?? [];
  if (tag === undefined) return undefined;
  const bytes = Buffer.from(tag, 'base64url');
  return { tagId: idText(bytes.subarray(0, ID_BYTES)), secret: bytes.subarray(ID_BYTES) };
}

/** The 16 bytes of a UUID. */
function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function idText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
