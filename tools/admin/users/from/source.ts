// How the import reads another system's export.
import type { FirebaseConfig } from '../../../../lib/passwords/schemes/firebase.ts';
import type { DigestRule } from '../../../../lib/passwords/schemes/wrapped-digest.ts';
import type { RawRow } from '../row.ts';
import type { Auth0Passwords } from './auth0-passwords.ts';
import type { ForeignRecord, LeftOut } from './foreign-record.ts';

/** Other files that the import needs. */
export type Settings = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The parameters of a Firebase project. */
  readonly firebase?: FirebaseConfig | undefined;
  /** Devise's. */
  readonly pepper?: string | undefined;
  /** How plain digests were made. */
  readonly digest?: DigestRule | undefined;
  /** Auth0's hashes, which its support hands out in a file of their own. */
  readonly passwords?: Auth0Passwords | undefined;
};

export type Source = {
  readonly formats: readonly ('csv' | 'json')[];
  /**
   * Columns without which a file isn't this system's export: of each list, one. In JSON, where an absent member may mean an
   * absent value, some user has to have it.
   */
  readonly needs: readonly (readonly string[])[];
  /** Other columns that are read; all others are ignored. */
  readonly reads?: readonly string[];
  /** Where a JSON document holds the list of users. */
  readonly member?: string;
  /** The columns of a CSV without a header. */
  readonly headless?: 'firebase';
  /** A user in a JSON file as names and values; `undefined` for an object that isn't a user. */
  readonly flatten?: (object: Record<string, unknown>) => Record<string, unknown> | undefined;
  /**
   * @throws RefusedRow when the user can't be imported
   * @throws UnusableFile when a whole file with such a user can't
   */
  readonly read: (record: ForeignRecord, settings: Settings) => RawRow | LeftOut;
};
