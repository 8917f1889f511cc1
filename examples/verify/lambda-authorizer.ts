// A TOKEN authorizer of an API Gateway REST API. HTTP APIs verify by themselves: see api-gateway.yml.
import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda';
import { AccessTokenError, accessTokenVerifier } from 'gatehouse-client/verify';

const verify = accessTokenVerifier({ issuer: process.env.ISSUER ?? '' });

export async function handler(event: APIGatewayTokenAuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
  try {
    const { userId } = await verify(event.authorizationToken);
    return {
      principalId: userId,
      // All methods of the stage: API Gateway caches the answer by token, and the next request may be to another one.
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: stageOf(event.methodArn) }],
      },
      context: { userId },
    };
  } catch (error) {
    // This very word makes API Gateway answer 401; anything else that is thrown becomes a 500.
    if (error instanceof AccessTokenError && error.status === 401) throw new Error('Unauthorized');
    throw error;
  }
}

/** `arn:aws:execute-api:<region>:<account>:<api>/<stage>/GET/me` to `…/<stage>/*`. */
const stageOf = (methodArn: string) => `${methodArn.split('/', 2).join('/')}/*`;
