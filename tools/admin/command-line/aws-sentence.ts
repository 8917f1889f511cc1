// Sentences for errors of AWS and of the network to it.

const CREDENTIALS =
  'There are no usable AWS credentials: name a profile with --aws-profile (and a region with --region), or set AWS_PROFILE or AWS_ACCESS_KEY_ID.';

const SENTENCES: Record<string, string> = {
  CredentialsProviderError: CREDENTIALS,
  TokenProviderError:
    'The SSO session of this AWS profile has ended: run `aws sso login`, or name another with --aws-profile.',
  ExpiredTokenException:
    'The AWS credentials have expired: renew them, or name another profile with --aws-profile.',
  ExpiredToken: 'The AWS credentials have expired: renew them, or name another profile with --aws-profile.',
  UnrecognizedClientException:
    'AWS does not know these credentials: name another profile with --aws-profile, and check --region.',
  InvalidSignatureException:
    'AWS refused the signature: the secret access key or the clock of this machine is wrong.',
  InvalidClientTokenId:
    'AWS does not know these credentials: name another profile with --aws-profile, and check --region.',
};

const UNREACHABLE = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ECONNRESET',
];

/** One sentence for an error, without its stack. */
export function awsSentence(error: Error & { code?: string }): string {
  if (Object.hasOwn(SENTENCES, error.name)) return SENTENCES[error.name] ?? '';
  // The SDK's message names the action and the role, which is what an administrator needs.
  if (error.name === 'AccessDeniedException') return `AWS refused: ${oneLine(error.message)}`;
  if (UNREACHABLE.includes(error.code ?? ''))
    return 'AWS cannot be reached: check the network and --region (or AWS_REGION).';
  if (/region/i.test(error.message) && /missing/i.test(error.message))
    return 'No AWS region is known: give one with --region, or set AWS_REGION.';
  return ['Error', 'ConfigError'].includes(error.name)
    ? oneLine(error.message)
    : `${error.name}: ${oneLine(error.message)}`;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
