import { expect, test } from 'vitest';
import { tryAgainIn } from './sentences.ts';

test.each([
  [1, 'Too many requests; try again in 1 second.'],
  [2, 'Too many requests; try again in 2 seconds.'],
  [900, 'Too many requests; try again in 900 seconds.'],
])('%i is told as it is said', (seconds, sentence) => {
  expect(tryAgainIn(seconds, 'Too many requests')).toBe(sentence);
});
