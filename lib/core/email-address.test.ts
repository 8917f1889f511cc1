import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseEmail } from './email-address.ts';

const LABEL_63 = 'a'.repeat(63);
/** A domain of 250 bytes in labels that are long enough. */
const DOMAIN_250 = [LABEL_63, LABEL_63, LABEL_63, 'a'.repeat(58)].join('.');

describe('an address is stored', () => {
  test.each([
    ['as it is', 'ada@example.com', 'ada@example.com'],
    ['trimmed', ' \t\r\n\u{a0}ada@example.com\n ', 'ada@example.com'],
    [
      'trimmed of invisible characters',
      '\u{200b}\u{200e}\u{feff}ada@example.com\u{202c}\u{2060}\u{ad}',
      'ada@example.com',
    ],
    [
      'trimmed of characters that are drawn as nothing',
      '\u{3164}\u{2800} ada@example.com\u{e0041}\u{115f}',
      'ada@example.com',
    ],
    ['with a full-width @ as @', 'ada\u{ff20}example.com', 'ada@example.com'],
    [
      'with joiners that the spelling of its domain needs',
      'ada@نامه\u{200c}ای.com',
      'ada@xn--mgba3gch31f060k.com',
    ],
    ['with a local part of 64 bytes', `${'a'.repeat(64)}@x.org`, `${'a'.repeat(64)}@x.org`],
    ['in lower case on both sides', 'Ada.LOVELACE@Example.COM', 'ada.lovelace@example.com'],
    ['with its tag', 'ada+lists@example.com', 'ada+lists@example.com'],
    ['with every sign that HTML allows', "a.!#$%&'*+/?=^_`{|}~-9@x.org", "a.!#$%&'*+/?=^_`{|}~-9@x.org"],
    ['with a question mark before an equals sign', 'a?=b@x.org', 'a?=b@x.org'],
    ['with a domain of one label', 'ada@localhost', 'ada@localhost'],
    ['with labels of one character', 'a@b.c', 'a@b.c'],
    ['with digits and inner hyphens in the domain', 'ada@3--x.4-2.org', 'ada@3--x.4-2.org'],
    ['with the A-label of its domain', 'ada@BÜCHER.example', 'ada@xn--bcher-kva.example'],
    ['with dots of other scripts as dots', 'ada@例え。テスト', 'ada@xn--r8jz45g.xn--zckzah'],
    ['with fullwidth letters of the domain as letters', 'ada@ｅｘａｍｐｌｅ.com', 'ada@example.com'],
    ['with a domain that a URL would turn into an IPv4 address', 'ada@0x7f.1', 'ada@0x7f.1'],
    ['with a label of 63 bytes', `ada@${LABEL_63}.org`, `ada@${LABEL_63}.org`],
    ['with 254 bytes', `ada@${DOMAIN_250}`, `ada@${DOMAIN_250}`],
  ])('%s', (_, text, stored) => {
    expect(normaliseEmail(text)).toBe(stored);
  });
});

describe('no address is', () => {
  test.each<readonly [what: string, text: string]>([
    ['an empty text', ''],
    ['a text without @', 'ada.example.com'],
    ['an @ alone', '@'],
    ['one without a local part', '@example.com'],
    ['one without a domain', 'ada@'],
    ['one with two @', 'ada@example.com@evil.example'],
    ['one with a fullwidth @ in the domain', 'ada@example.com＠evil.example'],
    ['one with a space in the local part', 'ada lovelace@example.com'],
    ['one with a space in the domain', 'ada@example .com'],
    ['one with a no-break space in a domain of another script', 'ada@bücher\u{a0}x.example'],
    ['one with a space before the local part, within the text', 'x ada@example.com'],
    ['one with a letter in the local part that is not ASCII', 'adä@example.com'],
    ['one with such a letter first', 'äda@example.com'],
    ['one in quotes', '"ada"@example.com'],
    ['one with a comment', 'ada(comment)@example.com'],
    ['one in angle brackets', 'Ada <ada@example.com>'],
    ['two of them with a comma', 'ada@example.com,eve@evil.example'],
    ['two of them with a semicolon', 'ada@example.com;eve@evil.example'],
    ['one with a header behind it', 'ada@example.com\r\nBcc: eve@evil.example'],
    ['one with a line feed in the local part', 'ada\n@example.com'],
    ['one with a line feed in the domain', 'ada@example\n.com'],
    ['one with NUL', 'ada@example.com\0'],
    ['an address literal', 'ada@[192.0.2.1]'],
    ['one whose domain begins with a hyphen', 'ada@-example.com'],
    ['one whose label ends with a hyphen', 'ada@example-.com'],
    ['one whose last label begins with a hyphen', 'ada@example.-com'],
    ['one whose last label ends with a hyphen', 'ada@example.com-'],
    ['one with two dots in the domain', 'ada@example..com'],
    ['one whose domain begins with a dot', 'ada@.example.com'],
    ['one whose domain ends with a dot', 'ada@example.com.'],
    ['one with an underscore in the domain', 'ada@exa_mple.com'],
    ['one with an underscore in the last label', 'ada@example.c_m'],
    ['one with a lone surrogate in the domain', 'ada@ex\u{d800}mple.com'],
    ['an encoded word', '=?utf-8?q?ada=40evil.example=3e?=@example.com'],
    ['one with the beginning of an encoded word inside', 'ada=?x@example.com'],
    ['one with two dots in a row before the @', 'a..b@example.com'],
    ['one with a dot before the @', 'a.@example.com'],
    ['one that begins with a dot', '.a@example.com'],
    ['one of dots before the @', '...@example.com'],
    ['one with a local part of 65 bytes', `${'a'.repeat(65)}@x.org`],
    ['one with a full-width @ and another one', 'ada\u{ff20}x@example.com'],
    ['one with an invisible character in the local part', 'a\u{200b}da@example.com'],
    ...[
      '\u{200b}',
      '\u{ad}',
      '\u{2060}',
      '\u{feff}',
      '\u{180e}',
      '\u{202e}',
      '\u{3164}',
      '\u{2800}',
      '\u{fe0f}',
      '\u{e0041}',
    ].flatMap((invisible) => [
      [
        `one with U+${invisible.codePointAt(0)?.toString(16)} in the domain`,
        `ada@exam${invisible}ple.com`,
      ] as const,
      [
        `one with U+${invisible.codePointAt(0)?.toString(16)} in a domain of another script`,
        `ada@bü${invisible}cher.de`,
      ] as const,
    ]),
    ['one with a first label of 64 bytes', `ada@${LABEL_63}a.org`],
    ['one with a last label of 64 bytes', `ada@org.${LABEL_63}a`],
    ['one of 255 bytes', `adam@${DOMAIN_250}`],
    ['one with a path after a domain of another script', 'ada@bücher.example/x'],
    ['one with a query after a domain of another script', 'ada@bücher.example?x'],
    ['one with a fragment after a domain of another script', 'ada@bücher.example#x'],
    ['one with a backslash after a domain of another script', 'ada@bücher.example\\x'],
    ['one with a tab in a domain of another script', 'ada@bü\tcher.example'],
    ['one with a line feed in a domain of another script', 'ada@bü\ncher.example'],
    ['one whose A-label makes it longer than 254 bytes', `ada@ü.${DOMAIN_250.slice(4)}`],
  ])('%s', (_, text) => {
    expect(normaliseEmail(text)).toBeUndefined();
  });

  test('a text of thousands of characters, in no more than linear time', () => {
    const begin = performance.now();
    for (const filling of ['a', '\u{200b}', 'ü.', '@', ' '])
      expect(normaliseEmail(`a${filling.repeat(100_000)}@example.com`)).toBeUndefined();
    expect(performance.now() - begin).toBeLessThan(2_000);
  });
});

const fragment = fc.oneof(
  fc.constantFrom(
    '@',
    '.',
    '-',
    ' ',
    '\r\n',
    ',',
    '=?',
    '?=',
    'a',
    'Z',
    '0',
    'ü',
    'ß',
    '。',
    '＠',
    'xn--',
    '\0',
  ),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.stringMatching(/^[A-Za-z0-9-]{1,70}$/),
);
const fragments = fc.array(fragment, { maxLength: 8 }).map((parts) => parts.join(''));
const addressLike = fc.oneof(
  fragments,
  fc.tuple(fragments, fragments).map(([localPart, domain]) => `${localPart}@${domain}`),
  fc
    .tuple(fc.stringMatching(/^[\w.+-]{1,64}$/), fragments)
    .map(([localPart, domain]) => `${localPart}@${domain}`),
  fc.tuple(fc.emailAddress(), fragments).map(([address, more]) => address + more),
  fc.emailAddress(),
);

describe('whatever the text', () => {
  test('an address that comes out is normal: normalising it again changes nothing', () => {
    fc.assert(
      fc.property(addressLike, (text) => {
        const address = normaliseEmail(text);
        fc.pre(address !== undefined);
        expect(normaliseEmail(address)).toBe(address);
      }),
      { numRuns: 500 },
    );
  });

  test('an address that comes out can neither break a header nor name a second mailbox', () => {
    let addresses = 0;
    fc.assert(
      fc.property(addressLike, (text) => {
        const address = normaliseEmail(text);
        if (address === undefined) return;
        addresses += 1;
        expect(address).toMatch(/^[!-~]+$/);
        expect(address).not.toMatch(/[A-Z\s,;:<>()[\]"\\]|=\?/);
        expect(address.split('@')).toHaveLength(2);
        expect(Buffer.byteLength(address)).toBeLessThanOrEqual(254);
      }),
      { numRuns: 1_000 },
    );
    expect(addresses).toBeGreaterThan(50);
  });

  test('upper and lower case are one address', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (text) => {
        expect(normaliseEmail(text.toUpperCase())).toBe(normaliseEmail(text.toLowerCase()));
      }),
    );
  });
});
