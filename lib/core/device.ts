/** How many characters of a User-Agent are read. Real ones have fewer than 300, but anybody may send more. */
const MAX_LENGTH = 500;

/**
 * How a User-Agent reveals its browser, by the name that is shown. The first match counts: nearly every browser also claims
 * to be Safari, and every one built on Chromium to be Chrome. docs/devices.md lists the same names for readers.
 */
const BROWSERS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\b(OPR|Opera|OPT|OPiOS)\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Vivaldi', /\bVivaldi\//],
  ['Yandex Browser', /\bYaBrowser\//],
  ['DuckDuckGo', /\b(DuckDuckGo|Ddg)\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Chrome|CriOS|HeadlessChrome|Chromium)\//],
  ['Safari', /\bVersion\/[\d.]+ .*\bSafari\//],
  ['Internet Explorer', /\b(MSIE |Trident\/)/],
];

const SYSTEMS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Windows', /\bWindows\b/],
  ['iPadOS', /\biPad\b/],
  ['iOS', /\b(iPhone|iPod|iOS)\b/],
  ['macOS', /\b(Macintosh|Mac OS X|macOS)\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\b(Linux|X11)\b/],
];

/**
 * Words by which a holder recognises a session: `Firefox on Windows`, or only the browser or the system if the other is
 * unknown. The words come from the lists above, never from the header, which may hold anything.
 *
 * @returns undefined for a User-Agent that names neither
 */
export function deviceOf(userAgent: string | undefined): string | undefined {
  const text = (userAgent ?? '').slice(0, MAX_LENGTH);
  const named = (list: typeof BROWSERS) => list.find(([, pattern]) => pattern.test(text))?.[0];
  const [browser, system] = [named(BROWSERS), named(SYSTEMS)];
  return browser && system ? `${browser} on ${system}` : (browser ?? system);
}
