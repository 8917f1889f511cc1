/**
 * Takes the place of the modules of the AWS SDK that tools/build/sdk-stand-ins.ts lists as left out: their exports, each of
 * which fails when it is reached. A name that a module exports and this doesn't is an error of the build.
 */
import { leftOut } from './left-out.ts';

// Signatures of event streams.
export const HeaderFormatter = /* @__PURE__ */ leftOut('HeaderFormatter');

// The region of a host on EC2; a function has AWS_REGION.
export const getInstanceMetadataRegion = /* @__PURE__ */ leftOut('getInstanceMetadataRegion');

// For AWS_RETRY_MODE=adaptive.
export const AdaptiveRetryStrategy = /* @__PURE__ */ leftOut('AdaptiveRetryStrategy');

// For the discovery of endpoints, which no command does any more.
export const DescribeEndpointsCommand = /* @__PURE__ */ leftOut('DescribeEndpointsCommand');

// Dates as text, which no command of ours sends or receives. A Retry-After header with a date is then ignored.
export const dateToUtcString = /* @__PURE__ */ leftOut('dateToUtcString');
export const parseRfc3339DateTime = /* @__PURE__ */ leftOut('parseRfc3339DateTime');
export const parseRfc3339DateTimeWithOffset = /* @__PURE__ */ leftOut('parseRfc3339DateTimeWithOffset');
export const parseRfc7231DateTime = /* @__PURE__ */ leftOut('parseRfc7231DateTime');
export const parseEpochTimestamp = /* @__PURE__ */ leftOut('parseEpochTimestamp');
export const _parseEpochTimestamp = /* @__PURE__ */ leftOut('_parseEpochTimestamp');
export const _parseRfc3339DateTimeWithOffset = /* @__PURE__ */ leftOut('_parseRfc3339DateTimeWithOffset');
export const _parseRfc7231DateTime = /* @__PURE__ */ leftOut('_parseRfc7231DateTime');

// For the names of buckets.
export const resolveParamsForS3 = /* @__PURE__ */ leftOut('resolveParamsForS3');
