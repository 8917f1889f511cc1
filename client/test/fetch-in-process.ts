import { inProcess } from '../../test/harness/client.ts';

/** `fetch` to handlers in this process, which a test has imported with settings of their own. */
export function fetchInProcess() {
  const seen: { path: string; body: string; authorization: string | undefined }[] = [];
  const send = async (input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
    const request = new Request(input, { ...init, redirect: 'follow' });
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    seen.push({ path: pathname, body, authorization: request.headers.get('authorization') ?? undefined });
    const { status, headers, text } = await inProcess.send({
      ...{ method: request.method, path: pathname + search, headers: Object.fromEntries(request.headers) },
      ...(body && { body }),
    });
    return new Response(text, { status, headers });
  };
  return Object.assign(send as typeof fetch, { seen });
}
