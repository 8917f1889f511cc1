/**
 * The key of the claim on a credential, a row in the table of factors, by which no two accounts can have the same one. No
 * user id looks like its partition key.
 */
export const passkeyClaim = (factorId: string) => ({ userId: `#passkey#${factorId}`, factorId: '#owner' });
