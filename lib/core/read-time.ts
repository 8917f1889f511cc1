// Times as other systems write them.

/** A time in milliseconds since the epoch, or why the text isn't one. */
export type ReadTime = { time: number } | { refused: string };

/** As milliseconds a day in 1973, as seconds a day in the year 5138: larger numbers can only be milliseconds. */
const SURELY_MILLISECONDS = 100_000_000_000;

const DAY = /^(\d{4})-(\d\d)-(\d\d)/;
const CLOCK = /[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?/;
// `+0000 UTC` is how Go prints it.
const ZONE = / ?(?:([Zz]|UTC|GMT)|([+-])(\d\d)(?::?(\d\d))?(?: UTC)?)/;
const DATE = new RegExp(`${DAY.source}(?:${CLOCK.source}(?:${ZONE.source})?)?$`);

const EXAMPLE = '2026-01-31T12:00:00Z';

/**
 * Reads an unambiguous time: a day (its midnight in UTC), a day and a time with a zone, or milliseconds
 * since 1970.
 */
export function readTime(value: unknown): ReadTime {
  if (typeof value === 'number') return readMilliseconds(value);
  if (typeof value !== 'string') return neither();
  const text = value.trim();
  if (/^\d+$/.test(text)) return readMilliseconds(Number(text));
  const parts = DATE.exec(text);
  return parts === null ? neither() : momentOf(parts);
}

function momentOf(parts: RegExpExecArray): ReadTime {
  const [, year, month, day, hour, minute, second, fraction = '', utc, sign, zoneHour, zoneMinute] = parts;
  if (hour !== undefined && utc === undefined && sign === undefined)
    return refused(`a time without a zone: add Z for UTC, or an offset, as in ${EXAMPLE}.`);
  const [y, mo, d] = [Number(year), Number(month), Number(day)];
  const [h, mi, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d); // not Date.UTC, which takes the year 1 for 1901
  if (date.getUTCMonth() !== mo - 1 || date.getUTCDate() !== d) return refused("a day that doesn't exist.");
  if (h > 23 || mi > 59 || s > 59) return refused("a time of day that doesn't exist.");
  const [offsetHours, offsetMinutes] = [Number(zoneHour ?? 0), Number(zoneMinute ?? 0)];
  if (offsetHours > 15 || offsetMinutes > 59) return refused("an offset that doesn't exist.");
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const offset = (sign === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
  return { time: date.getTime() + ((h * 60 + mi) * 60 + s) * 1000 + milliseconds - offset };
}

function readMilliseconds(number: number): ReadTime {
  if (!Number.isSafeInteger(number)) return neither();
  if (number < SURELY_MILLISECONDS)
    return refused('these look like seconds; give milliseconds since 1970, or a date.');
  return { time: number };
}

function neither(): ReadTime {
  return refused(`neither a time such as ${EXAMPLE}, with its zone, nor milliseconds since 1970.`);
}

function refused(sentence: string): ReadTime {
  return { refused: sentence };
}
