import { readConfig } from '../lib/config.ts';
import * as wellKnown from '../lib/dialects/well-known.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { discoveryDocument, jsonWebKeySet } from '../lib/tokens/jwks.ts';
import { openSigningKeys } from '../lib/tokens/open-keys.ts';

const config = readConfig(process.env);
const keys = openSigningKeys(config, keyStore(openDatabase(config.tablePrefix)));

/** Public keys and discovery: what another service needs to verify our access tokens by itself. */
export const handler = endpoint(
  config,
  on(wellKnown.jwks, async () => {
    await keys.signing.ensure();
    return jsonWebKeySet(keys.published);
  }),
  on(wellKnown.discovery, async () => discoveryDocument(config.issuer)),
);
