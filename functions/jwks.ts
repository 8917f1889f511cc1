import { readConfig } from '../lib/config.ts';
import * as wellKnown from '../lib/dialects/well-known.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { discoveryDocument, jsonWebKeySet } from '../lib/tokens/jwks.ts';
import { verificationKeys } from '../lib/tokens/verification-keys.ts';

const config = readConfig(process.env);
const keys = verificationKeys(keyStore(openDatabase(config.tablePrefix)), Date.now);

/** Public keys and discovery: what other services need to verify our access tokens. */
export const handler = endpoint(
  config,
  on(wellKnown.jwks, () => jsonWebKeySet(keys)),
  on(wellKnown.discovery, () => discoveryDocument(config.issuer, config.signingAlgorithm, keys)),
);
