import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contrast, paletteOf, SURFACE } from './brand.ts';
import { html } from './html.ts';

test('whatever the brand colour is, text on it and of it can be read', () => {
  const color = fc
    .integer({ min: 0, max: 0xffffff })
    .map((value) => `#${value.toString(16).padStart(6, '0')}`);
  fc.assert(
    fc.property(color, (brand) => {
      const { fill, onFill, onLight, onDark } = paletteOf(brand);
      expect(fill).toBe(brand);
      expect(contrast(fill, onFill)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(onLight, SURFACE.light)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(onDark, SURFACE.dark)).toBeGreaterThanOrEqual(4.5);
    }),
    { numRuns: 1_000 },
  );
});

test('a colour that can be read is left as it is', () => {
  expect(paletteOf('#1d4ed8').onLight).toBe('#1d4ed8');
  expect(paletteOf('#ffcc00').onDark).toBe('#ffcc00');
});

test('contrast is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});

test('values in markup are escaped, except markup itself', () => {
  const hostile = `<a href="x" onclick='y'>&amp;`;
  expect(String(html`<p title="${hostile}">${hostile}</p>`)).toBe(
    '<p title="&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;amp;">&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;amp;</p>',
  );
  expect(String(html`${undefined}${false}${0}${[html`<b>${'<'}</b>`, html`<i></i>`]}`)).toBe(
    '0<b>&lt;</b><i></i>',
  );
});
