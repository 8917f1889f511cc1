/**
 * Takes the place of `@aws-sdk/middleware-endpoint-discovery`, which each DynamoDB client is set up with and none of its
 * commands uses any more.
 */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};
export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;
