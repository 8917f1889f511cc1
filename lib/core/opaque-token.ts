import { createHash, randomBytes } from 'node:crypto';
import { uuidFromBytes, uuidToBytes } from './uuid.ts';

/** Bytes of every secret: 256 bits, beyond guessing, so that a plain SHA-256 of it may be stored. */
const SECRET_BYTES = 32;
const ID_BYTES = 16;

export function newSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/**
 * SHA-256, base64url. Enough for secrets of 256 random bits; never for passwords. Hashes may be compared with `===`:
 * how many characters of two digests agree says nothing about the secret.
 */
export function hashSecret(secret: Buffer): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/**
 * A refresh token: the key of its session, the secret that all tokens of the session share, and the secret of this one.
 *
 * The family secret tells a replay of an older token, which must end the session, from a guess by somebody who knows only
 * the session's id from an access token, which must not. It opens nothing alone.
 */
export type RefreshToken = { userId: string; sessionId: string; family: Buffer; secret: Buffer };

/** 16 + 16 + 32 + 32 bytes as 128 characters of base64url: no padding bits, so one token has one spelling. */
export function writeRefreshToken(token: RefreshToken): string {
  return Buffer.concat([
    uuidToBytes(token.userId),
    uuidToBytes(token.sessionId),
    token.family,
    token.secret,
  ]).toString('base64url');
}

/** @returns `undefined` for a string that cannot be a refresh token of ours. */
export function readRefreshToken(text: string): RefreshToken | undefined {
  if (!/^[\w-]{128}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return {
    userId: uuidFromBytes(bytes.subarray(0, 16)),
    sessionId: uuidFromBytes(bytes.subarray(16, 32)),
    family: bytes.subarray(32, 64),
    secret: bytes.subarray(64),
  };
}

/** The tag in a mailed link: the id of the mail request, and a secret that only the mail has. */
export type ResetTag = { tagId: string; secret: Buffer };

/**
 * The secret of a mailed tag, chosen so that the tag ends with a letter or a digit: mail programs take a `-` or `_` at the
 * end for punctuation and leave it out of the link.
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
  return Buffer.concat([uuidToBytes(tag.tagId), tag.secret]).toString('base64url');
}

/**
 * Reads the tag of any mailed link. It ends before the first character outside its alphabet: mail programs include a full
 * stop, a bracket or a line break behind a link.
 *
 * @returns `undefined` for a string that can't be a mailed tag, such as the `tagId` in the answer to a forgotten password
 */
export function readResetTag(text: string): ResetTag | undefined {
  const [tag] = /^[\w-]{64}(?![\w-])/.exec(text) ?? [];
  if (tag === undefined) return undefined;
  const bytes = Buffer.from(tag, 'base64url');
  return { tagId: uuidFromBytes(bytes.subarray(0, ID_BYTES)), secret: bytes.subarray(ID_BYTES) };
}
