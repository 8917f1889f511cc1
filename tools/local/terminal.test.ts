import { expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

function terminal() {
  const lines: string[] = [];
  return { lines, ...openTerminal((line) => lines.push(line), 'http://localhost:8005') };
}

const answered = { method: 'POST', path: '/auth/login', status: 401, milliseconds: 7, requestId: 'r-1' };

test('a request is one line with what became of it and its id', () => {
  const { lines, log, answered: show } = terminal();
  log(
    JSON.stringify({
      message: 'request',
      requestId: 'r-1',
      outcome: 'wrong-credentials',
      detail: 'wrong-credentials',
    }),
  );
  show(answered);
  show({ ...answered, status: 404, requestId: 'r-2' });
  expect(lines).toEqual(['POST /auth/login 401 wrong-credentials 7 ms r-1', 'POST /auth/login 404 7 ms r-2']);
});

test('a request that failed has its reasons', () => {
  const { lines, log, answered: show } = terminal();
  const failure = { name: 'ProblemError', message: 'users did not answer', cause: { name: 'TimeoutError' } };
  log(JSON.stringify({ message: 'request', requestId: 'r-1', outcome: 'unavailable', failure }));
  show({ ...answered, status: 503 });
  expect(lines).toEqual([
    'POST /auth/login 503 unavailable 7 ms r-1: users did not answer, because of TimeoutError',
  ]);
});

test('a mail is one line with where to read it, and one that is not due is none', () => {
  const { lines, log } = terminal();
  log(JSON.stringify({ message: 'mail', outcome: 'sent' }));
  log(JSON.stringify({ message: 'mail', outcome: 'nothing due' }));
  log(JSON.stringify({ message: 'mail', outcome: 'failed', failure: { name: 'MailNotSentError' } }));
  expect(lines).toEqual([
    'mail sent http://localhost:8005',
    'mail failed: MailNotSentError http://localhost:8005',
  ]);
});

test('an origin that is refused is named once', () => {
  const { lines, answered: show } = terminal();
  for (const refusedOrigin of ['https://a.example', 'https://a.example', 'https://b.example'])
    show({ ...answered, refusedOrigin });
  const named = lines.filter((line) => line.includes('CORS_ORIGINS='));
  expect(named.map((line) => line.match(/CORS_ORIGINS=(\S+)/)?.[1])).toEqual([
    'https://a.example',
    'https://b.example',
  ]);
});

test('other output of a function is shown unchanged', () => {
  const { lines, log } = terminal();
  for (const line of ['a word', '5', 'null', '{"message":"other"}']) log(line);
  expect(lines).toEqual(['a word', '5', 'null', '{"message":"other"}']);
});
