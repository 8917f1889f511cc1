import { parseOneAddress } from 'email-addresses';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { readSender, senderHeader } from './sender.ts';

/** What a mail program makes of the header that a setting becomes: two parsers that are not ours. */
async function seenBy(setting: string) {
  const sender = readSender(setting);
  if (sender === undefined) return undefined;
  const header = senderHeader(sender);
  expect(header).toMatch(/^[ -~]+$/);
  // SES reads RFC 5322; this parser knows the whole grammar and takes nothing else.
  const strict = parseOneAddress({ input: header, strict: true });
  expect(strict, header).toMatchObject({ type: 'mailbox', address: sender.address });
  const { from } = await simpleParser(`From: ${header}\r\n\r\n`);
  expect(from?.value, header).toHaveLength(1);
  const [{ name = '', address } = {}] = from?.value ?? [];
  return { name, address };
}

const ADDRESS = 'no-reply@example.com';

describe('a sender that can be read', () => {
  test.each([
    ['an address alone', ADDRESS, '', ADDRESS],
    ['an address in brackets', `<${ADDRESS}>`, '', ADDRESS],
    ['a name', `Gatehouse <${ADDRESS}>`, 'Gatehouse', ADDRESS],
    ['a name of several words', `Ada and Friends <${ADDRESS}>`, 'Ada and Friends', ADDRESS],
    ['a name with a comma', `Acme, Inc. <${ADDRESS}>`, 'Acme, Inc.', ADDRESS],
    ['a quoted name', `"Acme, Inc." <${ADDRESS}>`, 'Acme, Inc.', ADDRESS],
    ['a quoted name with angle brackets', `"Acme <Europe>" <${ADDRESS}>`, 'Acme <Europe>', ADDRESS],
    ['a name with a colon', `Team: Accounts <${ADDRESS}>`, 'Team: Accounts', ADDRESS],
    ['a name with brackets', `Acme (Europe) [EU] <${ADDRESS}>`, 'Acme (Europe) [EU]', ADDRESS],
    ['a name with quotation marks', `The "Best" Shop <${ADDRESS}>`, 'The "Best" Shop', ADDRESS],
    ['a name with a backslash', `A\\B; C <${ADDRESS}>`, 'A\\B; C', ADDRESS],
    ['a name with an at sign', `Fun @ Home <${ADDRESS}>`, 'Fun @ Home', ADDRESS],
    ['a name with a dot', `example.com <${ADDRESS}>`, 'example.com', ADDRESS],
    ['a name with an umlaut', `Müller <${ADDRESS}>`, 'Müller', ADDRESS],
    ['a name with an umlaut and a comma', `Müller, Söhne & Co. <${ADDRESS}>`, 'Müller, Söhne & Co.', ADDRESS],
    [
      'a long name of another script',
      `${'日本語の会社'.repeat(10)} <${ADDRESS}>`,
      '日本語の会社'.repeat(10),
      ADDRESS,
    ],
    ['a name with an emoji', `Shop 🛒 <${ADDRESS}>`, 'Shop 🛒', ADDRESS],
    ['no blank before the bracket', `Acme<${ADDRESS}>`, 'Acme', ADDRESS],
    ['blanks around it', `  Acme <${ADDRESS}> `, 'Acme', ADDRESS],
    ['blanks around an address', ` ${ADDRESS} `, '', ADDRESS],
    ['blanks within the brackets', `Acme < ${ADDRESS} >`, 'Acme', ADDRESS],
    // Sent as its A-label, which mailparser shows as what it stands for.
    ['a domain of another script', 'Büro <post@bücher.example>', 'Büro', 'post@bücher.example'],
    ['a name of joined characters', `Lab 👩\u{200d}🔬 <${ADDRESS}>`, 'Lab 👩\u{200d}🔬', ADDRESS],
    ['capitals, which an identity of SES may have before the @', 'Post@Example.COM', '', 'Post@example.com'],
  ])('with %s', async (_, setting, name, address) => {
    expect(await seenBy(setting)).toEqual({ name, address });
  });

  test('by whatever name arrives as that name, at that address', async () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).map((text) => text.trim());
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const seen = await seenBy(`${text} <${ADDRESS}>`);
        fc.pre(seen !== undefined && !/^"|"$|\s\s/.test(text));
        expect(seen).toEqual({ name: text, address: ADDRESS });
      }),
    );
  });
});

test.each([
  ['a name without an address', 'Gatehouse'],
  ['nothing', ' '],
  ['missing brackets', `Acme ${ADDRESS}`],
  ['one bracket', `Acme <${ADDRESS}`],
  ['the other bracket', `${ADDRESS}>`],
  ['two addresses', 'one@example.com,two@example.com'],
  ['two addresses in brackets', 'One <one@example.com>, Two <two@example.com>'],
  ['an address and a sender', 'one@example.com, Two <two@example.com>'],
  ['an address behind the name', `${ADDRESS} (Acme)`],
  ['something behind the bracket', `Acme <${ADDRESS}> and more`],
  ['an address that is none', 'Acme <no-reply@>'],
  ['a local part of another script', 'Müller <müller@example.com>'],
  ['an address that SES delivers for nobody', 'Acme <a..b@example.com>'],
  ['a header', `Acme\r\nBcc: eve@evil.example <${ADDRESS}>`],
  ['an override of direction', `A\u{202e}emc <${ADDRESS}>`],
  ['an encoded name', `=?UTF-8?Q?M=C3=BCller?= <${ADDRESS}>`],
])('%s is no sender', (_, setting) => {
  expect(readSender(setting)).toBeUndefined();
});
