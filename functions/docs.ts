import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { readConfig } from '../lib/config.ts';
import { answerReference } from '../lib/openapi/reference.ts';

const config = readConfig(process.env);

/** Docs: the OpenAPI document, and a page that shows it and can send requests. */
export const handler = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> =>
  answerReference(event, config);
