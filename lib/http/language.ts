import { LANGUAGES, type Language } from '../core/language.ts';

/** How many ranges of a header are read; a browser sends fewer than ten. */
const MAX_RANGES = 40;

/**
 * The supported language that a client prefers, by the weights of its ranges. Only the first subtag of a range counts:
 * `de-AT` gets `de`, since a regional variant is better than another language.
 *
 * @param header `Accept-Language`; malformed ranges are ignored
 * @see RFC 9110 sections 12.5.4 and 12.4.2; RFC 4647 section 3.4
 */
export function preferredLanguage(header = ''): Language {
  const ranges = header.split(',', MAX_RANGES).flatMap(readRange);
  const weigh = (language: string) => Math.max(-1, ...weightsOf(ranges, language));
  const others = Math.max(0, ...weightsOf(ranges, '*'));
  const liked = LANGUAGES.map((language) => {
    const weight = weigh(language);
    const place = ranges.findIndex((range) => range.language === language);
    return { language, weight: weight < 0 ? others : weight, place: place < 0 ? ranges.length : place };
  });
  liked.sort((one, other) => other.weight - one.weight || one.place - other.place);
  const [best] = liked;
  return best !== undefined && best.weight > 0 ? best.language : LANGUAGES[0];
}

type Range = { language: string; weight: number };

function weightsOf(ranges: readonly Range[], language: string): number[] {
  return ranges.filter((range) => range.language === language).map(({ weight }) => weight);
}

function readRange(text: string): Range[] {
  const [, language, weight = '1'] =
    /^\s*([a-z]{1,8}|\*)(?:-[a-z\d]{1,8})*\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i.exec(
      text,
    ) ?? [];
  return language === undefined ? [] : [{ language: language.toLowerCase(), weight: Number(weight) }];
}
