import type { Language } from '../core/language.ts';

/** A number as the language writes it. */
export function numberIn(language: Language, value: number): string {
  return new Intl.NumberFormat(language).format(value);
}

const UNITS = [
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/**
 * A time in words of the language, in one unit and a whole number: `30 minutes`, `1 Stunde`, `90 秒`.
 *
 * @param seconds at least 1
 * @param round `down` for how long something lasts, `up` for how long to wait
 */
export function durationIn(language: Language, seconds: number, round: 'down' | 'up'): string {
  // Twice the unit at least, so that 90 minutes do not become an hour.
  const [unit, length] = UNITS.find(([, one]) => seconds === one || seconds >= 2 * one) ?? UNITS[2];
  const amount = round === 'down' ? Math.floor(seconds / length) : Math.ceil(seconds / length);
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
}

/** A moment in words of the language, to the minute, with its zone: `November 27, 2026 at 09:05 UTC`. */
export function momentIn(language: Language, milliseconds: number): string {
  const format = { dateStyle: 'long', timeStyle: 'short', hourCycle: 'h23', timeZone: 'UTC' } as const;
  return `${new Intl.DateTimeFormat(language, format).format(milliseconds)} UTC`;
}
