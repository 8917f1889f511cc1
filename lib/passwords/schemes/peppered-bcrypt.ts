import { compare } from 'bcryptjs';
import { decodeBase64 } from '../base64.ts';
import { damaged, type Reading } from '../password-hash.ts';
import { parseBcrypt, READ_BYTES } from './bcrypt.ts';

const PREFIX = '$gatehouse$pepper$';

/**
 * bcrypt over password and pepper, as Devise can be configured. The pepper stands in the row, in an encoding of ours: it is
 * needed until the owner logs in once, when a hash without it takes its place.
 */
export function readPeppered(text: string): Reading | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const end = text.indexOf('$', PREFIX.length);
  const pepper = decodeBase64(text.slice(PREFIX.length, end));
  return end < 0 || pepper === undefined
    ? damaged('peppered bcrypt')
    : peppered(text.slice(end), pepper.toString());
}

/** @param pepper as the configuration of Devise has it */
export function withPepper(bcryptHash: string, pepper: string): Reading {
  return peppered(bcryptHash, pepper);
}

function peppered(bare: string, pepper: string): Reading {
  const bcrypt = parseBcrypt(bare);
  if ('refused' in bcrypt) return bcrypt;
  return {
    text: `${PREFIX}${Buffer.from(pepper).toString('base64url')}${bcrypt.text}`,
    kind: `bcrypt with a pepper of cost ${bcrypt.cost}`,
    // bcrypt reads 72 bytes of password and pepper together. A longer password is refused, as with any bcrypt hash.
    async matches(password) {
      const matches = await compare(password + pepper, bcrypt.text);
      return matches && Buffer.byteLength(password) <= READ_BYTES;
    },
  };
}
