import { type NextRequest, NextResponse } from 'next/server';
import { auth } from './app/auth';

/** Refreshes the session where it is due, which Server Components cannot: they set no cookie. */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const { headers, cookies } = await auth.authorized(request);
  const response = NextResponse.next({ request: { headers } });
  for (const line of cookies) response.headers.append('set-cookie', line);
  return response;
}

export const config = { matcher: ['/((?!api/auth|_next/static|_next/image).*)'] };
