import { expect, test } from 'vitest';
import { preferredLanguage } from './language.ts';

test.each<[header: string | undefined, language: string]>([
  [undefined, 'en'],
  ['', 'en'],
  ['*', 'en'],
  ['de', 'de'],
  ['DE', 'de'],
  ['de-AT', 'de'],
  ['fr-CA,fr;q=0.9,en;q=0.8', 'fr'],
  ['en-GB;q=0.8, es ; q=0.9', 'es'],
  ['it, pt;q=0.9, ja;q=0.1', 'ja'],
  ['it, nl', 'en'],
  ['de;q=0', 'en'],
  ['en;q=0, *', 'de'],
  ['en;q=0, de;q=0, *;q=0.5', 'fr'],
  ['*, ja;q=0.5', 'en'],
  ['de;q=0.5, de-CH;q=0.9, fr;q=0.7', 'de'],
  ['fr;q=0.5, de;q=0.5', 'fr'],
  ['de;q=0.000, fr;q=0.001', 'fr'],
  ['de;q=1.000, fr', 'de'],
  ['de;q=2, fr;q=0.1', 'fr'],
  ['de;q=1.5, de;q=-1, de;q=x, de;q', 'en'],
  ['<script>, deutsch, de_DE', 'en'],
  [`${'x,'.repeat(40)}de`, 'en'],
])('who sends Accept-Language %j reads %s', (header, language) => {
  expect(preferredLanguage(header)).toBe(language);
});

test('a header as long as API Gateway lets through is read at once', () => {
  const begin = performance.now();
  for (const unit of [' ', 'a', 'de,', ';', 'de;q=0.', '-a', ' ;', 'de-a'])
    preferredLanguage(unit.repeat(10_240 / unit.length));
  expect(performance.now() - begin).toBeLessThan(100);
});
