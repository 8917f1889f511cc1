import { expect, test } from 'vitest';
import { readTime } from './read-time.ts';

const MOMENT = Date.UTC(2024, 4, 1, 12, 34, 56);

test.each<[unknown, number]>([
  [MOMENT, MOMENT],
  [String(MOMENT), MOMENT],
  ['2024-05-01', Date.UTC(2024, 4, 1)],
  ['2024-05-01T12:34Z', MOMENT - 56_000],
  ['2024-05-01T12:34:56Z', MOMENT],
  ['2024-05-01t12:34:56z', MOMENT],
  ['2024-05-01 12:34:56Z', MOMENT],
  ['2024-05-01 12:34:56 Z', MOMENT],
  ['2024-05-01 12:34:56+00', MOMENT],
  ['2024-05-01 12:34:56-00', MOMENT],
  ['2024-05-01 12:34:56 UTC', MOMENT],
  ['2024-05-01 12:34:56 GMT', MOMENT],
  ['2024-05-01 12:34:56 +0000', MOMENT],
  ['2024-05-01 12:34:56 +0000 UTC', MOMENT],
  ['2024-05-01T12:34:56+0000', MOMENT],
  ['2024-05-01 14:34:56+02', MOMENT],
  ['2024-05-01 18:04:56+0530', MOMENT],
  ['2024-05-01 18:04:56+05:30', MOMENT],
  ['2024-05-01 09:04:56-03:30', MOMENT],
  ['2024-05-01 12:34:56.112025+00', MOMENT + 112],
  ['2024-05-01 12:34:56,5 UTC', MOMENT + 500],
  ['2024-05-01T12:34:56.999999999Z', MOMENT + 999],
  [' 2024-05-01T12:34:56Z ', MOMENT],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['0001-01-01T00:00:00Z', -62_135_596_800_000],
])('%j is that very moment', (text, time) => {
  expect(readTime(text)).toEqual({ time });
});

const NEITHER = /^neither a time/;
const ZONE = /^a time without a zone/;
const DAY = /^a day that doesn't exist/;
test.each<[unknown, RegExp]>([
  ['2024-05-01T12:34:56', ZONE],
  ['2024-05-01 12:34:56.112025', ZONE],
  ['2024-02-30', DAY],
  ['2023-02-29T00:00:00Z', DAY],
  ['2024-04-31 12:00:00+00', DAY],
  ['2024-13-01', DAY],
  ['2024-00-10', DAY],
  ['0000-00-00 00:00:00 UTC', DAY],
  ['2024-05-01T24:00:00Z', /^a time of day that doesn't exist/],
  ['2024-05-01T12:60:00Z', /^a time of day that doesn't exist/],
  ['2024-05-01T12:34:56+19:00', /^an offset that doesn't exist/],
  ['2024-05-01 12:34:56 CET', NEITHER],
  ['2024-05-01 12:34:56 PST', NEITHER],
  ['01/05/2024', NEITHER],
  ['1.5.2024 12:34', NEITHER],
  ['2024-5-1', NEITHER],
  ['yesterday', NEITHER],
  ['2024-05-01T12:34:56Z; DROP', NEITHER],
  [1_704_067_200_000.5, NEITHER],
  [true, NEITHER],
  [{}, NEITHER],
  [1_714_566_896, /^these look like seconds/],
  ['1714566896', /^these look like seconds/],
  ['20240501', /^these look like seconds/],
])('%j is refused, with the reason', (text, reason) => {
  expect(readTime(text)).toEqual({ refused: expect.stringMatching(reason) });
});
