import { isAbsent } from '../../../lib/core/absent.ts';
import { type DigestRule, wrapDigest } from '../../../lib/passwords/schemes/wrapped-digest.ts';

/** The column of salts that a rule of `--hash` refers to. */
export const SALT = 'passwordSalt';

const HEX_DIGITS = { md5: 32, sha1: 40, sha256: 64, sha512: 128 };

/** A plain digest of a password, as another system stored it. It is stored only inside a slow hash. */
export class FastDigest {
  /** Identifies the digest. The wrapped form can't, since its salt is random. */
  readonly identity: string;
  readonly kind: string;
  private readonly rule: DigestRule;
  private readonly hex: string;
  private readonly salt: string;

  private constructor(rule: DigestRule, hex: string, salt: string) {
    this.rule = rule;
    this.hex = hex.toLowerCase();
    this.salt = salt;
    this.kind = `${rule.algorithm.toUpperCase()}, wrapped in Argon2id`;
    this.identity = [rule.algorithm, rule.order, salt, this.hex].join('\n');
  }

  /** @returns `undefined` for a text that the algorithm can't have made */
  static of(rule: DigestRule, text: string, salt?: unknown): FastDigest | undefined {
    const isIt = text.length === HEX_DIGITS[rule.algorithm] && /^[0-9a-f]+$/i.test(text);
    return isIt ? new FastDigest(rule, text, saltText(salt)) : undefined;
  }

  /** The hash to store; takes as long as hashing a password with Argon2id. */
  async wrap(): Promise<string> {
    const read = await wrapDigest(this.rule, this.hex, this.salt);
    if ('refused' in read) throw new Error(read.refused);
    return read.text;
  }
}

export function saltText(salt: unknown): string {
  return salt === undefined || salt === null || isAbsent(String(salt)) ? '' : String(salt);
}

export function usesSalt(rule: DigestRule | undefined): boolean {
  return rule?.order === 'before' || rule?.order === 'after';
}
