/**
 * Takes the place of `@aws-sdk/credential-provider-node` in the bundles (see tools/build/bundle.ts). Lambda gives a function
 * its credentials in the environment; the chain that looks for them in files, in SSO and on EC2 hosts would be loaded
 * at each cold start and never used.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
