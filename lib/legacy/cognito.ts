// Lazy migration from Amazon Cognito. In lib/hooks.ts: export { findLegacy } from './legacy/cognito.ts'. The guide is
// docs/moving-in/cognito.md.
import { normaliseEmail } from '../core/email-address.ts';
import type { FindLegacy, LegacyUser } from '../core/hooks.ts';

/** The errors by which Cognito says that nobody can log in with this password. */
const REFUSALS = [
  'NotAuthorizedException', // a wrong password, an unknown address, or a disabled user
  'UserNotFoundException', // an unknown address, if the app client reveals that
  'PasswordResetRequiredException',
  'UserNotConfirmedException', // a sign-up that was never finished
  'UserLambdaValidationException', // a trigger of the pool refused the log-in
];

/** Messages of a NotAuthorizedException that comes before the password is checked. */
const NOT_JUDGED = /secret|attempts exceeded/i;

class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const { endpoint, clientId } = readSettings(process.env);

/**
 * Asks Cognito whether this is somebody's password: `InitiateAuth` with the flow USER_PASSWORD_AUTH, which needs an app client
 * without a secret that allows it, and no credentials of AWS.
 *
 * A user whom Cognito asks a challenge counts as not found: admitting them by the password alone would drop their second
 * factor, or make a temporary password permanent. A search by address alone finds nobody, since Cognito answers it only
 * with AWS credentials.
 *
 * @throws Error when Cognito can't be asked, or doesn't judge the password
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
 */
export const findLegacy: FindLegacy = async ({ email, password }, { signal }) => {
  if (password === undefined) return undefined;
  const AuthParameters = { USERNAME: email, PASSWORD: password };
  const request = { AuthFlow: 'USER_PASSWORD_AUTH', ClientId: clientId, AuthParameters };
  const { AuthenticationResult: tokens } = (await ask('InitiateAuth', request, signal)) as InitiateAuthAnswer;
  if (tokens === undefined) return undefined;
  const said = claimsOf(tokens.IdToken);
  const attributes = 'email_verified' in said ? said : await attributesOf(tokens.AccessToken, signal);
  return legacyUser(email, attributes);
};

type Attributes = Readonly<Record<string, unknown>>;

type InitiateAuthAnswer = { AuthenticationResult?: { IdToken?: string; AccessToken?: string } };
type GetUserAnswer = { UserAttributes?: readonly { Name: string; Value?: string }[] };

/**
 * One call, in AWS's JSON protocol.
 *
 * @returns an empty answer for a refusal
 */
async function ask(
  operation: 'InitiateAuth' | 'GetUser',
  body: object,
  signal: AbortSignal,
): Promise<object> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify(body),
    redirect: 'error',
    signal,
  });
  const answer = (await response.json()) as { __type?: string; message?: string; Message?: string };
  if (response.ok) return answer;
  const type = answer.__type ?? response.headers.get('x-amzn-errortype') ?? '';
  const name = /\w+(?=(:|$))/.exec(type.replace(/^.*#/, ''))?.[0] ?? '';
  const judged = !NOT_JUDGED.test(answer.message ?? answer.Message ?? '');
  if (operation === 'InitiateAuth' && judged && REFUSALS.includes(name)) return {};
  throw Object.assign(new Error('Cognito did not judge the password'), { name: name || 'Error' });
}

/** The claims of the token. It came from Cognito itself over TLS, so its signature isn't verified. */
function claimsOf(idToken = ''): Attributes {
  try {
    return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as Attributes;
  } catch {
    return {};
  }
}

/** Where the app client may not read the attributes, its ID tokens lack them. */
async function attributesOf(accessToken: string | undefined, signal: AbortSignal): Promise<Attributes> {
  const { UserAttributes = [] } = (await ask(
    'GetUser',
    { AccessToken: accessToken },
    signal,
  )) as GetUserAnswer;
  return Object.fromEntries(UserAttributes.map(({ Name, Value }) => [Name, Value]));
}

/** @returns nothing for a user with another email address: a user name that looks like this address proves nothing */
function legacyUser(email: string, attributes: Attributes): LegacyUser | undefined {
  const own = text(attributes.email);
  if (own !== undefined && normaliseEmail(own) !== email) return undefined;
  const { name, given_name, family_name } = attributes;
  const parts = [given_name, family_name].map(text).filter((part) => part !== undefined);
  const named = text(name) ?? (parts.length > 0 ? parts.join(' ') : undefined) ?? email.replace(/@.*$/, '');
  return {
    name: [...named].slice(0, 100).join(''),
    emailVerified: own !== undefined && String(attributes.email_verified) === 'true',
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** @throws ConfigError when a function starts, as for every other setting */
function readSettings({ COGNITO_REGION, COGNITO_CLIENT_ID, COGNITO_ENDPOINT }: NodeJS.ProcessEnv) {
  const faults = [
    !/^[\w+]{1,128}$/.test(COGNITO_CLIENT_ID ?? '') && 'COGNITO_CLIENT_ID must be the id of an app client',
    !COGNITO_ENDPOINT &&
      !/^[a-z]{2}(-[a-z]+)+-\d$/.test(COGNITO_REGION ?? '') &&
      'COGNITO_REGION must be a region such as eu-central-1',
    COGNITO_ENDPOINT && !URL.canParse(COGNITO_ENDPOINT) && 'COGNITO_ENDPOINT must be a URL',
  ].filter(Boolean);
  if (faults.length > 0) throw new ConfigError(`Wrong configuration: ${faults.join('; ')}.`);
  return {
    clientId: COGNITO_CLIENT_ID as string,
    endpoint: COGNITO_ENDPOINT || `https://cognito-idp.${COGNITO_REGION}.amazonaws.com/`,
  };
}
