import { FastDigest, SALT } from '../fast-digest.ts';
import type { ForeignRecord } from './foreign-record.ts';
import type { Settings } from './source.ts';

/** A plain digest where the settings say how it was made and it looks like one; any other text is a hash that names its scheme. */
export function digestOr(
  text: string | undefined,
  record: ForeignRecord,
  { digest }: Settings,
): string | FastDigest | undefined {
  if (text === undefined || digest === undefined) return text;
  return FastDigest.of(digest, text, record.raw(SALT)) ?? text;
}
