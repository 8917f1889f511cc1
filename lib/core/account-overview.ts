import type { User } from './account.ts';
import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import type { FactorList } from './factors.ts';

export type FactorOverview = Awaited<ReturnType<FactorList['list']>>;

export type AccountOverview = FactorOverview & { user: User };

export type AccountOverviewDeps = Authenticator & { factors: FactorList };

/**
 * The account with its factors, for its holder.
 *
 * @throws ProblemError those of `authenticate`; `unavailable`
 */
export async function accountOverview(deps: AccountOverviewDeps, bearer: Bearer): Promise<AccountOverview> {
  const { user } = await authenticate(deps, bearer);
  return { user, ...(await factorsOf(deps, user)) };
}

/** The account's row says whether there are factors, so that an account without any costs no call. */
export async function factorsOf(
  { factors }: Pick<AccountOverviewDeps, 'factors'>,
  { userId, totp, passkeys = 0 }: User,
): Promise<FactorOverview> {
  return totp || passkeys > 0 ? factors.list(userId) : { factors: [], recoveryCodesLeft: null };
}
