import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A user of the pool, and what Cognito answers to the right password in place of tokens. */
export type PoolUser = {
  password: string;
  attributes?: Record<string, unknown>;
  /** The name of an exception, with its message where it matters. */
  refuses?: [name: string, message?: string];
  challenge?: string;
  /** Whether the app client may not read attributes. */
  bareToken?: boolean;
};

/**
 * Cognito's answers to `InitiateAuth` and `GetUser` as its API reference documents them, for one app client whose
 * PreventUserExistenceErrors is ENABLED.
 *
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
 */
export async function startFakeCognito(clientId: string) {
  const users = new Map<string, PoolUser>();
  const requests: { target: string; type: string; body: Record<string, unknown> }[] = [];
  /** What it answers to everything, where it is set. */
  const trouble: { status?: number; type?: string } = {};

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    const target = String(request.headers['x-amz-target']).replace('AWSCognitoIdentityProviderService.', '');
    requests.push({ target, type: String(request.headers['content-type']), body });
    const answer = (status: number, json: object) =>
      response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' }).end(JSON.stringify(json));
    const refuse = (name: string, message = 'Incorrect username or password.') =>
      answer(400, { __type: name, message });

    if (trouble.status) return answer(trouble.status, { __type: trouble.type, message: 'x' });
    if (target === 'GetUser') {
      const user = users.get(String(body.AccessToken));
      const UserAttributes = Object.entries(user?.attributes ?? {}).map(([Name, Value]) => ({
        Name,
        Value: String(Value),
      }));
      return answer(200, { Username: body.AccessToken, UserAttributes });
    }
    if (body.ClientId !== clientId)
      return refuse('ResourceNotFoundException', `User pool client ${body.ClientId} does not exist.`);
    const { USERNAME = '', PASSWORD } = body.AuthParameters as Record<string, string>;
    const user = users.get(USERNAME);
    if (user === undefined || user.password !== PASSWORD) return refuse('NotAuthorizedException');
    if (user.refuses) return refuse(...user.refuses);
    if (user.challenge)
      return answer(200, { ChallengeName: user.challenge, ChallengeParameters: {}, Session: 's' });
    const claims = user.bareToken ? { sub: 'x' } : { sub: 'x', ...user.attributes };
    const IdToken = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
    const AuthenticationResult = { AccessToken: USERNAME, IdToken, TokenType: 'Bearer', ExpiresIn: 3_600 };
    return answer(200, { AuthenticationResult, ChallengeParameters: {} });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    users,
    requests,
    trouble,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
