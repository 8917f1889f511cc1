/** The configured look of pages and mails. */
export type Brand = {
  name: string;
  /** `#rrggbb`. */
  color: string;
  /** An `https:` or `data:` URL. */
  logoUrl: string | undefined;
  /** The logo for dark backgrounds. */
  logoDarkUrl?: string | undefined;
};

/** The backgrounds of pages and mails, light and dark, that have the least contrast to text. */
export const SURFACE = { light: '#f3f4f6', dark: '#1b1d22' };

/** The contrast that WCAG requires of text of any size. */
const READABLE = 4.5;

/** The brand's colour, and colours that are readable on it and as text. */
export type Palette = {
  /** The background of a button. */
  fill: string;
  /** Text on `fill`. */
  onFill: '#000000' | '#ffffff';
  /** The colour for text and lines, darkened or lightened only as far as needed. */
  onLight: string;
  onDark: string;
};

/**
 * Makes readable colours from any brand colour.
 *
 * @param color `#rrggbb`
 * @see WCAG 2.2, 1.4.3 and 1.4.11
 */
export function paletteOf(color: string): Palette {
  return {
    fill: color,
    onFill: contrast(color, '#ffffff') >= contrast(color, '#000000') ? '#ffffff' : '#000000',
    onLight: readableOn(SURFACE.light, color, '#000000'),
    onDark: readableOn(SURFACE.dark, color, '#ffffff'),
  };
}

/** The contrast ratio of two colours, from 1 to 21. @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
export function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The colour, mixed with as little of another as is needed to make it readable. */
function readableOn(surface: string, color: string, towards: string): string {
  for (let share = 0; share <= 1; share += 0.05) {
    const mixed = mix(color, towards, share);
    if (contrast(mixed, surface) >= READABLE) return mixed;
  }
  return towards;
}

function mix(color: string, other: string, share: number): string {
  const others = channels(other);
  const mixed = channels(color).map((value, index) =>
    Math.round(value + ((others[index] as number) - value) * share),
  );
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channels(color: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
