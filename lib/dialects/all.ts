import type { AnyOperation } from '../http/operation.ts';
import * as accounts from './accounts.ts';
import * as admin from './admin.ts';
import * as apiUser from './api-user.ts';
import * as auth from './auth.ts';
import * as wellKnown from './well-known.ts';

/** Every operation for programs, by its path. Only for the OpenAPI document and tests: a function imports its own operations. */
export const operations: readonly AnyOperation[] = [auth, apiUser, accounts, wellKnown, admin].flatMap(
  (dialect) =>
    (Object.values(dialect) as AnyOperation[]).sort((one, other) => (one.route < other.route ? -1 : 1)),
);
