import { STATUS_CODES } from 'node:http';
import type { Answer } from './dialect.ts';

/** An error as RFC 9457 problem details, with a `message` that repeats `detail` for clients that look for one. */
export function problemDetails(
  status: number,
  detail: string,
  more: { headers?: Record<string, string>; errors?: readonly { field: string; message: string }[] } = {},
): Answer {
  const { headers, errors } = more;
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
    body: {
      type: 'about:blank',
      title: STATUS_CODES[status],
      status,
      detail,
      message: detail,
      ...(errors && { errors }),
    },
  };
}

/** RFC 6750 section 3: a challenge; the error code only where an access token was sent and refused. */
export const challenge = { 'WWW-Authenticate': 'Bearer' };
export const refusedTokenChallenge = { 'WWW-Authenticate': 'Bearer error="invalid_token"' };
