import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { readConfig } from '../lib/config.ts';
import { answerPreflight } from '../lib/http/preflight.ts';

const config = readConfig(process.env);

/** Preflight: answers what browsers ask before they send a request to another origin. */
export const handler = async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> =>
  answerPreflight(event, config);
