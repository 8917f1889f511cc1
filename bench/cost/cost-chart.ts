/** A line of the chart: dollars a month for each number of users; `undefined` where there is no price. */
export type Series = {
  readonly name: string;
  /** Ours is drawn to stand out. */
  readonly ours?: boolean;
  readonly dollars: (users: number) => number | undefined;
};

const WIDTH = 760;
const HEIGHT = 440;
const LEFT = 92;
const RIGHT = 586;
const TOP = 56;
const BOTTOM = 384;
/** Powers of ten at the ends of the axes. */
const USERS = [3, 7] as const;
const DOLLARS = [0, 6] as const;
const POINTS_A_DECADE = 40;
/** Baselines of two labels are at least so far apart. */
const LABEL_HEIGHT = 16;

/** Colours that are told apart without their hue too: each line has its own dashes. */
const STYLES = [
  ['#2563eb', '#60a5fa', ''],
  ['#b45309', '#fbbf24', '7 4'],
  ['#be185d', '#f472b6', '2 3'],
  ['#047857', '#34d399', '9 3 2 3'],
  ['#6d28d9', '#a78bfa', '4 2'],
] as const;

/** Cost by number of users, both axes logarithmic, for a light page and a dark one. */
export function costChart(title: string, note: string, series: readonly Series[]): string {
  const lines = series.map((each, index) => ({ ...each, index, points: pointsOf(each) }));
  const labels = placeLabels(lines.map(({ points }) => points.at(-1)?.y ?? BOTTOM));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${xml(title)}">
<style>
svg { font: 13px system-ui, sans-serif; background: #fff; --ink: #1f2937; --grid: #e5e7eb; }
text { fill: var(--ink); } .title { font-size: 15px; font-weight: 600; } .small { font-size: 11px; }
.grid { stroke: var(--grid); } .line { fill: none; stroke-width: 1.8; } .ours { stroke-width: 3.2; }
${STYLES.map(([light], index) => `.c${index} { stroke: ${light}; } .t${index} { fill: ${light}; }`).join('\n')}
@media (prefers-color-scheme: dark) {
svg { background: #0d1117; --ink: #e5e7eb; --grid: #30363d; }
${STYLES.map(([, dark], index) => `.c${index} { stroke: ${dark}; } .t${index} { fill: ${dark}; }`).join('\n')}
}
</style>
<text class="title" x="${LEFT}" y="22">${xml(title)}</text>
<text class="small" x="${LEFT}" y="40">${xml(note)}</text>
${grid()}
${lines
  .map(
    ({ name, ours, index, points }) =>
      `<path class="line c${index}${ours ? ' ours' : ''}" stroke-dasharray="${STYLES[index]?.[2] ?? ''}" d="M${points
        .map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`)
        .join('L')}"/>
<text class="t${index}" x="${RIGHT + 8}" y="${((labels[index] ?? 0) + 4).toFixed(1)}"${ours ? ' font-weight="700"' : ''}>${xml(name)}</text>`,
  )
  .join('\n')}
</svg>
`;
}

/** Nothing is drawn of what is free or has no price: a logarithmic axis has no zero. */
function pointsOf({ dollars }: Series): { x: number; y: number }[] {
  const steps = (USERS[1] - USERS[0]) * POINTS_A_DECADE;
  return Array.from({ length: steps + 1 }, (_, step) => 10 ** (USERS[0] + step / POINTS_A_DECADE)).flatMap(
    (users) => {
      const cost = dollars(users);
      return cost === undefined || cost < 10 ** DOLLARS[0] ? [] : [{ x: xOf(users), y: yOf(cost) }];
    },
  );
}

/** Labels stand where their lines end, and are moved apart where these are too close. */
function placeLabels(wished: readonly number[]): number[] {
  const order = wished.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
  const placed = [...wished];
  let above = Number.NEGATIVE_INFINITY;
  for (const { y, index } of order) {
    above = Math.max(y, above + LABEL_HEIGHT);
    placed[index] = above;
  }
  return placed;
}

function grid(): string {
  const vertical = decades(USERS).map((power) => {
    const x = xOf(10 ** power).toFixed(1);
    return `<path class="grid" d="M${x} ${TOP}V${BOTTOM}"/><text text-anchor="middle" x="${x}" y="${BOTTOM + 20}">${(10 ** power).toLocaleString('en')}</text>`;
  });
  const horizontal = decades(DOLLARS).map((power) => {
    const y = yOf(10 ** power).toFixed(1);
    return `<path class="grid" d="M${LEFT} ${y}H${RIGHT}"/><text text-anchor="end" x="${LEFT - 8}" y="${Number(y) + 4}">$${(10 ** power).toLocaleString('en')}</text>`;
  });
  const axes = `<text text-anchor="middle" x="${(LEFT + RIGHT) / 2}" y="${BOTTOM + 42}">monthly active users</text>`;
  return [...vertical, ...horizontal, axes].join('\n');
}

function decades([from, to]: readonly [number, number]): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function xOf(users: number): number {
  return LEFT + ((Math.log10(users) - USERS[0]) / (USERS[1] - USERS[0])) * (RIGHT - LEFT);
}

function yOf(dollars: number): number {
  return BOTTOM - ((Math.log10(dollars) - DOLLARS[0]) / (DOLLARS[1] - DOLLARS[0])) * (BOTTOM - TOP);
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
