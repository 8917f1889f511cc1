import { partitionsInfo } from './partitions.built.ts';

/** What the rules of a service decide by. */
type Parameters = {
  Endpoint?: string;
  Region?: string;
  UseFIPS?: boolean;
  UseDualStack?: boolean;
  AccountIdEndpointMode?: string;
};

/**
 * Where a service of AWS answers in a region: what the SDK finds by a language of rules of its own, which each client has
 * in its own edition and would load at each cold start. `endpoint.test.ts` compares the two for every region.
 *
 * @param host the first part of the service's hosts, such as `dynamodb`
 */
export const endpointResolver =
  (host: string) =>
  ({ Endpoint, Region = '', UseFIPS, UseDualStack, AccountIdEndpointMode }: Parameters) => {
    if (Endpoint !== undefined) return { url: new URL(Endpoint), properties: {}, headers: {} };
    if (UseFIPS || UseDualStack || AccountIdEndpointMode === 'required')
      throw new Error(
        `Endpoints of FIPS, of both IP versions or of an account aren't looked up for ${host}: name the one you want in AWS_ENDPOINT_URL_<service>.`,
      );
    return { url: new URL(`https://${host}.${Region}.${suffixOf(Region)}`), properties: {}, headers: {} };
  };

function suffixOf(region: string): string {
  const { partitions } = partitionsInfo;
  const own = partitions.find(({ regionRegex }) => new RegExp(regionRegex).test(region)) ?? partitions[0];
  return (own as (typeof partitions)[number]).outputs.dnsSuffix;
}
