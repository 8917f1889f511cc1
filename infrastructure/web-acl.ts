// The web ACL, made where WAF asks for it. It stands before API Gateway's throttling: what it blocks takes nothing from
// the rates that everybody shares, and costs no request.

import { SECRET_HEADER, type TrustedProxy } from '../lib/http/trusted-proxy.ts';

export interface WebAclSettings {
  /** Its name, and that of its metrics. */
  readonly name: string;
  readonly stage: string;
  /** Requests of one address in 5 minutes. */
  readonly requests: number;
  /** The same, of the routes that hash a password or send a mail. */
  readonly hashes: number;
  readonly costlyPaths: readonly string[];
  /** One's own proxy: the header in which it names the client, and the secret without which nobody is believed. */
  readonly proxy: TrustedProxy | null;
}

type Json = Readonly<Record<string, unknown>>;

const WINDOW_SECONDS = 300;
/** What one regular expression of WAF may have. */
const LONGEST_PATTERN = 512;
/** Its value ends with the client's port, so that each connection would be an address of its own. */
const WITH_PORT = 'cloudfront-viewer-address';

export function webAcl(settings: WebAclSettings): Record<string, { Type: string } & Json> {
  const { name, stage } = settings;
  const rules = [
    ...rateRules(settings),
    managed('known-bad-inputs', 'AWSManagedRulesKnownBadInputsRuleSet', []),
    common(),
  ];
  return {
    WebAcl: {
      Type: 'AWS::WAFv2::WebACL',
      Properties: {
        Name: name,
        Scope: 'REGIONAL',
        DefaultAction: { Allow: {} },
        VisibilityConfig: metrics(name),
        Rules: rules.map((rule, Priority) => ({
          Priority,
          ...rule,
          VisibilityConfig: metrics(String(rule.Name)),
        })),
      },
    },
    WebAclOfApi: {
      Type: 'AWS::WAFv2::WebACLAssociation',
      DependsOn: 'ApiGatewayStage',
      Properties: {
        WebACLArn: { 'Fn::GetAtt': ['WebAcl', 'Arn'] },
        ResourceArn: {
          'Fn::Sub': `arn:\${AWS::Partition}:apigateway:\${AWS::Region}::/restapis/\${ApiGatewayRestApi}/stages/${stage}`,
        },
      },
    },
  };
}

/**
 * Whoever goes around one's own proxy lacks its secret, and is counted by the address from which the request came: such
 * a client could name another address in each request. Behind CloudFront its header cannot be counted by: the
 * distribution's own web ACL has to (docs/operations.md).
 */
function rateRules(settings: WebAclSettings): Json[] {
  const { proxy } = settings;
  if (proxy === null) return rateRulesBy({ AggregateKeyType: 'IP' }, '', [], settings);
  const around = rateRulesBy({ AggregateKeyType: 'IP' }, '', [not(shows(proxy.secret))], settings);
  if (proxy.header.toLowerCase() === WITH_PORT) return around;
  const named = {
    AggregateKeyType: 'FORWARDED_IP',
    ForwardedIPConfig: { HeaderName: proxy.header, FallbackBehavior: 'MATCH' },
  };
  return [...rateRulesBy(named, '-by-proxy', [shows(proxy.secret)], settings), ...around];
}

function rateRulesBy(
  key: Json,
  suffix: string,
  which: readonly Json[],
  { requests, hashes, costlyPaths, stage }: WebAclSettings,
): Json[] {
  const rule = (name: string, Limit: number, conditions: readonly Json[]): Json => ({
    Name: name + suffix,
    Action: { Block: {} },
    Statement: {
      RateBasedStatement: {
        ...key,
        EvaluationWindowSec: WINDOW_SECONDS,
        Limit,
        ...(conditions.length > 0 && { ScopeDownStatement: all(conditions) }),
      },
    },
  });
  return [
    rule('one-address', requests, which),
    rule('one-address-hashing', hashes, [...which, ...costlyRequests(costlyPaths, stage)]),
  ];
}

function shows(secret: string): Json {
  return {
    ByteMatchStatement: {
      FieldToMatch: { SingleHeader: { Name: SECRET_HEADER.toLowerCase() } },
      PositionalConstraint: 'EXACTLY',
      SearchString: secret,
      TextTransformations: [{ Priority: 0, Type: 'NONE' }],
    },
  };
}

function not(Statement: Json): Json {
  return { NotStatement: { Statement } };
}

/** WAF takes no `AndStatement` of one. */
function all(Statements: readonly Json[]): Json | undefined {
  return Statements.length === 1 ? Statements[0] : { AndStatement: { Statements } };
}

/** POST of these paths, with the stage before them or not, as a domain of one's own has it. */
function costlyRequests(paths: readonly string[], stage: string): Json[] {
  const post = {
    ByteMatchStatement: {
      FieldToMatch: { Method: {} },
      PositionalConstraint: 'EXACTLY',
      SearchString: 'POST',
      TextTransformations: [{ Priority: 0, Type: 'NONE' }],
    },
  };
  const matches = patternsOf(paths, stage).map((RegexString) => ({
    RegexMatchStatement: {
      FieldToMatch: { UriPath: {} },
      RegexString,
      TextTransformations: [{ Priority: 0, Type: 'URL_DECODE' }],
    },
  }));
  const [only = {}] = matches;
  return [post, matches.length === 1 ? only : { OrStatement: { Statements: matches } }];
}

/** As few regular expressions as WAF's limit allows. */
function patternsOf(paths: readonly string[], stage: string): string[] {
  const whole = (some: readonly string[]) => `^(/${stage})?(${some.join('|')})/?$`;
  const groups: string[][] = [];
  for (const path of paths) {
    const last = groups.at(-1);
    if (last && whole([...last, path]).length <= LONGEST_PATTERN) last.push(path);
    else groups.push([path]);
  }
  return groups.map(whole);
}

function common(): Json {
  // A password may look like any of these, and nothing of a body is ever rendered, opened or fetched here. Programs
  // that call the API may have no User-Agent.
  const counted = [
    'CrossSiteScripting_BODY',
    'GenericLFI_BODY',
    'GenericRFI_BODY',
    'EC2MetaDataSSRF_BODY',
    'NoUserAgent_HEADER',
  ];
  return managed('common', 'AWSManagedRulesCommonRuleSet', counted);
}

function managed(Name: string, group: string, counted: readonly string[]): Json {
  const overrides = counted.map((rule) => ({ Name: rule, ActionToUse: { Count: {} } }));
  return {
    Name,
    OverrideAction: { None: {} },
    Statement: {
      ManagedRuleGroupStatement: {
        VendorName: 'AWS',
        Name: group,
        ...(overrides.length > 0 && { RuleActionOverrides: overrides }),
      },
    },
  };
}

function metrics(MetricName: string): Json {
  return { MetricName, CloudWatchMetricsEnabled: true, SampledRequestsEnabled: false };
}
