import { type Brand, paletteOf } from '../brand.ts';

/** The style of every page. Colours other than the brand's keep 4.5:1 on both backgrounds, in light and in dark. */
export function styleOf(brand: Brand): string {
  const { fill, onFill, onLight, onDark } = paletteOf(brand.color);
  return `
:root { color-scheme: light dark; --ground: #f3f4f6; --card: #fff; --text: #16181d; --quiet: #4d535c; --line: #6f7680;
  --bad: #b3261e; --good: #1a6e34; --accent: ${onLight}; --fill: ${fill}; --on-fill: ${onFill} }
@media (prefers-color-scheme: dark) { :root { --ground: #111215; --card: #1b1d22; --text: #eceef2; --quiet: #b3b9c3;
  --line: #8a919c; --bad: #ff9a90; --good: #7fd39a; --accent: ${onDark} } }
*, ::before, ::after { box-sizing: border-box }
[hidden] { display: none !important }
html { background: var(--ground); color: var(--text); font: 100%/1.5 system-ui, sans-serif; -webkit-text-size-adjust: 100% }
body { max-width: 27rem; min-height: 100svh; margin: 0 auto; padding: 1.5rem 1rem; display: flex; flex-direction: column;
  gap: 1.5rem; justify-content: center; overflow-wrap: break-word }
header { font-weight: 600; font-size: 1.125rem; text-align: center }
header img { display: block; max-width: 100%; height: 3rem; margin: 0 auto; object-fit: contain }
main { background: var(--card); border-radius: .75rem; padding: 1.5rem; box-shadow: 0 1px 3px #0003 }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 .75rem; text-wrap: balance }
p { margin: 0 0 1rem }
main > :last-child, form > :last-child { margin-bottom: 0 }
label { display: block; font-weight: 600; margin-bottom: .25rem }
.hint { color: var(--quiet); font-size: .875rem; margin-bottom: .5rem }
.field { margin-bottom: 1.25rem }
input { display: block; width: 100%; font: inherit; color: inherit; background: var(--card); padding: .625rem .75rem;
  border: 1px solid var(--line); border-radius: .5rem }
input[readonly] { background: var(--ground); color: var(--quiet); text-overflow: ellipsis }
input[aria-invalid] { border: 2px solid var(--bad) }
.error { color: var(--bad); font-weight: 600; font-size: .9375rem; margin-bottom: .5rem }
.alert { border: 2px solid var(--bad); border-radius: .5rem; padding: .75rem; font-weight: 600 }
button { font: inherit; font-weight: 600; cursor: pointer; border-radius: .5rem; padding: .625rem 1rem }
h1.done::before { content: "✓"; content: "✓" / ""; display: grid; place-items: center; width: 2.5rem; height: 2.5rem;
  margin-bottom: .75rem; border: 2px solid; border-radius: 50%; color: var(--good); font-size: 1.25rem; line-height: 1 }
.address { font-weight: 600 }
.notice { color: var(--good); font-weight: 600 }
.second { width: 100%; background: none; color: inherit; border: 1px solid var(--line); margin-bottom: 1rem }
.main { width: 100%; background: var(--fill); color: var(--on-fill); border: 1px solid var(--accent) }
.main[aria-disabled], .second[aria-disabled] { cursor: progress; background: var(--ground); color: var(--text); border-color: var(--line) }
.small { background: none; border: 0; color: var(--accent); padding: .25rem 0; min-height: 1.75rem; text-decoration: underline;
  font-size: .875rem; font-weight: 400 }
a { color: var(--accent) }
.next { font-weight: 600; margin-bottom: .5rem }
form + .next { margin-top: 1rem }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
h1:focus { outline: none }
meter { display: block; width: 100%; height: .75rem; margin-top: .5rem }
.strength { font-size: .875rem; color: var(--quiet); margin: 0 }
footer ul, .links { display: flex; flex-wrap: wrap; justify-content: center; gap: .25rem 1rem; list-style: none; margin: 0; padding: 0;
  font-size: .875rem }
footer > * + * { margin-top: .75rem !important }
footer a, footer strong { display: inline-block; padding: .125rem 0; min-height: 1.5rem }
`;
}
