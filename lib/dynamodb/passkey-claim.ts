/**
 * The key of the row that each credential has which any account has: no two accounts have the same. No user's id looks like
 * its first part.
 */
export const passkeyClaim = (factorId: string) => ({ userId: `#passkey#${factorId}`, factorId: '#owner' });
