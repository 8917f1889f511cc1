import type { Hooks, JudgeSignUp } from '../core/hooks.ts';
import { ProblemError } from '../core/problem.ts';
import { BadAnswer, LIMIT_MS, runHook } from './ask.ts';

/** The hook `beforeSignUp`. */
export function openBeforeSignUp({ beforeSignUp, onError }: Hooks): JudgeSignUp | undefined {
  return (
    beforeSignUp &&
    (async ({ client, ...signUp }) => {
      const sentence = await runHook({
        name: 'beforeSignUp',
        onError,
        limit: LIMIT_MS,
        call: (signal) => beforeSignUp({ ...signUp, client: { ...client } }, { signal }),
        read: readSentence,
      });
      if (sentence !== undefined) throw new ProblemError({ code: 'sign-up-refused', sentence });
    })
  );
}

function readSentence(answer: unknown): string {
  if (typeof answer !== 'string' || answer.trim() === '')
    throw new BadAnswer('it returned a refusal that is no text');
  return answer;
}
