import { describe, expect, test } from 'vitest';
import { LANGUAGES } from '../core/language.ts';
import { durationIn, numberIn } from './amounts.ts';
import { mailMessages, pageMessages } from './catalogue.ts';

/** Every text with its path, such as `reset.title`. What is to be filled in is filled in with itself. */
function textsOf(messages: object, path = ''): [path: string, text: string][] {
  return Object.entries(messages).flatMap(([name, value]): [string, string][] => {
    const at = path === '' ? name : `${path}.${name}`;
    const filled = typeof value === 'function' ? value('‹amount›', '‹other›', '‹third›') : value;
    return typeof filled === 'object' ? textsOf(filled, at) : [[at, filled]];
  });
}

const texts = (language: (typeof LANGUAGES)[number]) => [
  ...textsOf(pageMessages[language]),
  ...textsOf(mailMessages[language], 'mail'),
];
const english = new Map(texts('en'));

describe.each(LANGUAGES)('the catalogue in %s', (language) => {
  test('has every text, none of them empty, padded or with a straight quote left over', () => {
    const all = texts(language);
    expect(all.map(([path]) => path)).toEqual([...english.keys()]);
    for (const [path, text] of all) {
      expect(text, path).toMatch(/^\S(.*\S)?$/su);
      expect(text, path).not.toMatch(/["<>&{}]|undefined| {2}/);
    }
  });

  test('names every amount that it is given', () => {
    for (const [path, text] of texts(language))
      if (english.get(path)?.includes('‹amount›')) expect(text, path).toContain('‹amount›');
  });

  test.runIf(language !== 'en')('is not English', () => {
    // A subject is the brand and the heading: nothing but the sign between is the language's.
    const same = texts(language).filter(
      ([path, text]) => english.get(path) === text && path !== 'mail.subject',
    );
    expect(same.map(([, text]) => text)).toEqual(language === 'es' ? ['Error'] : []);
  });
});

test('French keeps a space that does not break before its high punctuation', () => {
  for (const [path, text] of texts('fr')) expect(text, path).not.toMatch(/[^\u202f\u00a0][:;?!](\s|$)/u);
});

test.each([
  [60, 'down', '1 minute'],
  [90, 'down', '90 seconds'],
  [1_800, 'down', '30 minutes'],
  [3_600, 'down', '1 hour'],
  [5_400, 'down', '90 minutes'],
  [86_400, 'down', '24 hours'],
  [7_260, 'down', '2 hours'],
  [1, 'up', '1 second'],
  [2, 'up', '2 seconds'],
  [121, 'up', '3 minutes'],
  [299, 'up', '5 minutes'],
] as const)('%i s, rounded %s, are %s', (seconds, round, words) => {
  expect(durationIn('en', seconds, round)).toBe(words);
});

test('numbers and times are written as each language does', () => {
  expect(LANGUAGES.map((language) => numberIn(language, 12_345.5))).toEqual([
    '12,345.5',
    '12.345,5',
    '12\u202f345,5',
    '12.345,5',
    '12,345.5',
  ]);
  expect(LANGUAGES.map((language) => durationIn(language, 3_600, 'down').replace(/\s/gu, ' '))).toEqual([
    '1 hour',
    '1 Stunde',
    '1 heure',
    '1 hora',
    '1 時間',
  ]);
});
