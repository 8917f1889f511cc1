// Calls a function at serverless-offline's own Lambda endpoint.

/**
 * A caller of the function of this full name.
 * @param endpoint where serverless-offline's Lambda API listens
 * @returns the function's answer; rejects when it failed, or after 40 s, when even its timeout failed to end it
 */
export function lambdaInvoker(endpoint: string, functionName: string): (event: unknown) => Promise<unknown> {
  return async (event) => {
    const response = await fetch(`${endpoint}/2015-03-31/functions/${functionName}/invocations`, {
      method: 'POST',
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(40_000),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? null : JSON.parse(text);
    if (!response.ok || response.headers.has('x-amz-function-error'))
      throw new Error(failure(functionName, answer));
    return answer;
  };
}

function failure(functionName: string, answer: unknown): string {
  const { errorMessage } = (answer ?? {}) as { errorMessage?: string };
  return errorMessage ?? `${functionName} failed: ${JSON.stringify(answer)}`;
}
