/** How many roles an account may have. Every access token carries all of them. */
export const MAX_ROLES = 50;
const ROLE = /^[A-Za-z0-9_.:-]{1,64}$/;

/**
 * The roles in the form in which they are stored, without repetitions.
 *
 * @returns undefined when one of them is malformed, or there are too many
 */
export function readRoles(given: readonly unknown[]): string[] | undefined {
  const roles = [...new Set(given)];
  return roles.length <= MAX_ROLES && roles.every(isRole) ? roles : undefined;
}

function isRole(value: unknown): value is string {
  return typeof value === 'string' && ROLE.test(value);
}
