// How the local parts themselves reach a local DynamoDB: never with real credentials.

/** Client configuration for this endpoint. */
export function localAccess(endpoint: string) {
  return { endpoint, region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
}
