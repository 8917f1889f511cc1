// Where the administrator's API is on: routes for every path that no function has, so that they are told from a request
// that nobody signed. API Gateway gives both the same type of answer, and a type has one status.
// What is left: a method that a known path doesn't have, and `/`, are 403 then. Each would take a method more in the template.
import { unknownRouteAnswer } from './gateway-responses.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: object;
}

/** The mock integration needs a template for whatever body it is sent: `statusCode` chooses the answer below. */
const BODIES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
  'application/octet-stream',
];

export function unknownRoutes(): Record<string, Resource> {
  const RestApiId = { Ref: 'ApiGatewayRestApi' };
  return {
    UnknownPaths: resource({ 'Fn::GetAtt': ['ApiGatewayRestApi', 'RootResourceId'] }),
    UnknownPathsMethod: method('UnknownPaths', 'NONE'),
    // Whoever doesn't sign doesn't learn which paths there are below it.
    UnknownAdminPaths: resource({ Ref: 'ApiGatewayResourceAdmin' }),
    UnknownAdminPathsMethod: method('UnknownAdminPaths', 'AWS_IAM'),
  };

  function resource(ParentId: object): Resource {
    return { Type: 'AWS::ApiGateway::Resource', Properties: { RestApiId, ParentId, PathPart: '{proxy+}' } };
  }

  function method(id: string, AuthorizationType: 'NONE' | 'AWS_IAM'): Resource {
    const { StatusCode, ResponseParameters, ResponseTemplates } = unknownRouteAnswer();
    const parameters = Object.entries(ResponseParameters).map(
      ([name, value]) => [name.replace('gatewayresponse.', 'method.response.'), value] as const,
    );
    return {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        RestApiId,
        ResourceId: { Ref: id },
        HttpMethod: 'ANY',
        AuthorizationType,
        Integration: {
          Type: 'MOCK',
          ContentHandling: 'CONVERT_TO_TEXT', // every body arrives as bytes (binaryMediaTypes), which no template reads
          PassthroughBehavior: 'WHEN_NO_TEMPLATES',
          RequestTemplates: Object.fromEntries(BODIES.map((type) => [type, `{"statusCode": ${StatusCode}}`])),
          IntegrationResponses: [
            { StatusCode, ResponseParameters: Object.fromEntries(parameters), ResponseTemplates },
          ],
        },
        MethodResponses: [
          { StatusCode, ResponseParameters: Object.fromEntries(parameters.map(([name]) => [name, true])) },
        ],
      },
    };
  }
}
