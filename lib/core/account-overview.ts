import type { User } from './account.ts';
import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import type { FactorList } from './factors.ts';

export type FactorOverview = Awaited<ReturnType<FactorList['list']>>;

export type AccountOverview = FactorOverview & { user: User };

export type AccountOverviewDeps = Authenticator & { factors: FactorList };

/**
 * What the holder may know about the account.
 *
 * @throws ProblemError those of `authenticate`; `unavailable`
 */
export async function accountOverview(deps: AccountOverviewDeps, bearer: Bearer): Promise<AccountOverview> {
  const { user } = await authenticate(deps, bearer);
  return { user, ...(await factorsOf(deps, user)) };
}

/** Costs no call for an account without factors, which its own row says. */
export async function factorsOf(
  { factors }: Pick<AccountOverviewDeps, 'factors'>,
  { userId, totp, passkeys = 0 }: User,
): Promise<FactorOverview> {
  return totp || passkeys > 0 ? factors.list(userId) : { factors: [], recoveryCodesLeft: null };
}
