// Charts as SVG: plain text, readable on a light page and on a dark one.

export type Bar = { label: string; value: number; ours?: boolean; text?: string };
export type BarGroup = { name: string; bars: readonly Bar[] };

const WIDTH = 760;
const LEFT = 196;
const RIGHT = 660;
const ROW = 22;

/** Horizontal bars in groups, on one scale that begins at zero. */
export function barChart(title: string, note: string, groups: readonly BarGroup[]): string {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const parts: string[] = [];
  let y = 66;
  for (const { name, bars } of groups) {
    parts.push(`<text class="group" x="20" y="${y}">${xml(name)}</text>`);
    for (const { label, value, ours, text = String(value) } of bars) {
      y += ROW;
      const width = most === 0 ? 0 : (value / most) * (RIGHT - LEFT);
      parts.push(
        `<text class="label" x="${LEFT - 10}" y="${y}" text-anchor="end">${xml(label)}</text>`,
        `<rect class="${ours ? 'ours' : 'theirs'}" x="${LEFT}" y="${y - 12}" width="${Math.max(width, 1).toFixed(1)}" height="15" rx="2"/>`,
        `<text x="${(LEFT + width + 8).toFixed(1)}" y="${y}"${ours ? ' font-weight="700"' : ''}>${xml(text)}</text>`,
      );
    }
    y += ROW + 12;
  }
  return picture(title, note, y - 14, parts);
}

export type Line = {
  name: string;
  points: readonly { x: number; y: number }[];
  /** Lines of one family share their colour; each but the first of it is dashed. A line without one is a family. */
  family?: string;
};

const TOP = 80;
const BOTTOM = 330;
const DASHES = ['', '7 4', '2 3', '9 3 2 3', '4 2'];

/** Lines on two logarithmic axes. */
export function lineChart(
  title: string,
  note: string,
  axes: { x: string; y: string },
  lines: readonly Line[],
): string {
  const all = lines.flatMap(({ points }) => points);
  const xs = [...new Set(all.map(({ x }) => x))].sort((a, b) => a - b);
  const range = (values: number[]) =>
    [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))] as const;
  const [xMin, xMax] = range(xs);
  const decades = range(all.map(({ y }) => y)).map((log, end) =>
    end === 0 ? Math.floor(log) : Math.ceil(log),
  );
  const [yMin = 0, yMax = 1] = decades;
  const right = RIGHT - 50;
  const xOf = (x: number) => 80 + ((Math.log10(x) - xMin) / (xMax - xMin)) * (right - 80);
  const yOf = (y: number) => BOTTOM - ((Math.log10(y) - yMin) / (yMax - yMin)) * (BOTTOM - TOP);
  const parts: string[] = [];
  for (let decade = yMin; decade <= yMax; decade += 1) {
    const y = yOf(10 ** decade).toFixed(1);
    parts.push(
      `<line class="grid" x1="80" x2="${right}" y1="${y}" y2="${y}"/>`,
      `<text class="small" x="72" y="${y}" dy="4" text-anchor="end">${shortNumber(10 ** decade)}</text>`,
    );
  }
  for (const x of xs) {
    parts.push(
      `<text class="small" x="${xOf(x).toFixed(1)}" y="${BOTTOM + 18}" text-anchor="middle">${shortNumber(x)}</text>`,
    );
  }
  parts.push(
    `<text class="small" x="${(80 + right) / 2}" y="${BOTTOM + 36}" text-anchor="middle">${xml(axes.x)}</text>`,
    `<text class="small" x="20" y="${TOP - 10}">${xml(axes.y)}</text>`,
  );
  const labels = apart(lines.map(({ points }) => yOf(points.at(-1)?.y ?? 1)));
  const families = [...new Set(lines.map(({ family, name }) => family ?? name))];
  for (const [index, { name, points, family }] of lines.entries()) {
    const colour = families.indexOf(family ?? name) % COLOURS.length;
    const dash = family === undefined ? DASHES[colour] : lines[index - 1]?.family === family ? '7 4' : '';
    const path = points.map(({ x, y }) => `${xOf(x).toFixed(1)} ${yOf(y).toFixed(1)}`).join('L');
    parts.push(
      `<path class="line c${colour}" stroke-dasharray="${dash}" d="M${path}"/>`,
      `<text class="t${colour}" x="${right + 8}" y="${((labels[index] ?? 0) + 4).toFixed(1)}">${xml(name)}</text>`,
    );
  }
  return picture(title, note, BOTTOM + 46, parts);
}

/** Heights of labels, moved down where two are too close. */
function apart(wished: readonly number[]): number[] {
  const placed = [...wished];
  let above = Number.NEGATIVE_INFINITY;
  for (const { y, index } of wished.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y)) {
    above = Math.max(y, above + 16);
    placed[index] = above;
  }
  return placed;
}

const COLOURS = [
  ['#2563eb', '#60a5fa'],
  ['#b45309', '#fbbf24'],
  ['#be185d', '#f472b6'],
  ['#047857', '#34d399'],
  ['#6d28d9', '#a78bfa'],
] as const;

function picture(title: string, note: string, height: number, parts: readonly string[]): string {
  const colours = (dark: 0 | 1) =>
    COLOURS.map(
      (pair, index) => `.c${index} { stroke: ${pair[dark]}; } .t${index} { fill: ${pair[dark]}; }`,
    ).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${xml(title)}">
<style>
svg { font: 13px system-ui, sans-serif; background: #fff; }
text { fill: #1f2937; } .title { font-size: 15px; font-weight: 600; } .small { font-size: 11px; } .group { font-weight: 600; }
.ours { fill: #2563eb; } .theirs { fill: #9ca3af; } .grid { stroke: #e5e7eb; } .line { fill: none; stroke-width: 2.2; }
${colours(0)}
@media (prefers-color-scheme: dark) {
svg { background: #0d1117; } text { fill: #e5e7eb; } .ours { fill: #60a5fa; } .theirs { fill: #6b7280; } .grid { stroke: #30363d; }
${colours(1)}
}
</style>
<text class="title" x="20" y="24">${xml(title)}</text>
<text class="small" x="20" y="42">${xml(note)}</text>
${parts.join('\n')}
</svg>
`;
}

function shortNumber(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1e3 ? `${value / 1e3} k` : String(Number(value.toPrecision(3)));
}

function xml(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
