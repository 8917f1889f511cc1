// The web ACL, made where WAF asks for it. It stands before API Gateway's throttling: what it blocks takes nothing from
// the rates that everybody shares, and costs no request.

export interface WebAclSettings {
  /** Its name, and that of its metrics. */
  readonly name: string;
  readonly stage: string;
  /** Requests of one address in 5 minutes. */
  readonly requests: number;
  /** The same, of the routes that hash a password or send a mail. */
  readonly hashes: number;
  readonly costlyPaths: readonly string[];
  /** The header in which one's own proxy names the client; then addresses are read from it. */
  readonly proxyHeader: string | null;
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

/** Behind CloudFront its header cannot be counted by: the distribution's own web ACL has to (docs/operations.md). */
function rateRules({ requests, hashes, costlyPaths, stage, proxyHeader }: WebAclSettings): Json[] {
  if (proxyHeader?.toLowerCase() === WITH_PORT) return [];
  const key = proxyHeader
    ? {
        AggregateKeyType: 'FORWARDED_IP',
        ForwardedIPConfig: { HeaderName: proxyHeader, FallbackBehavior: 'MATCH' },
      }
    : { AggregateKeyType: 'IP' };
  const rule = (Name: string, Limit: number, scope: Json = {}): Json => ({
    Name,
    Action: { Block: {} },
    Statement: { RateBasedStatement: { ...key, EvaluationWindowSec: WINDOW_SECONDS, Limit, ...scope } },
  });
  return [
    rule('one-address', requests),
    rule('one-address-hashing', hashes, { ScopeDownStatement: costlyRequests(costlyPaths, stage) }),
  ];
}

/** POST of these paths, with the stage before them or not, as a domain of one's own has it. */
function costlyRequests(paths: readonly string[], stage: string): Json {
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
  const [only] = matches;
  return {
    AndStatement: {
      Statements: [post, matches.length === 1 ? only : { OrStatement: { Statements: matches } }],
    },
  };
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
