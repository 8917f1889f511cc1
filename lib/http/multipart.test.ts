import { describe, expect, test } from 'vitest';
import { multipartFields } from './multipart.ts';

const TYPE = 'multipart/form-data; boundary=b';
const part = (disposition: string, value: string, more = '') =>
  `--b\r\nContent-Disposition: ${disposition}\r\n${more}\r\n${value}\r\n`;
const form = (...parts: string[]) => `${parts.join('')}--b--\r\n`;

describe('the fields of a multipart form', () => {
  test.each([
    ['in quotes', 'form-data; name="username"'],
    ['without quotes, as .NET sends them', 'form-data; name=username'],
    ['without a space', 'form-data;name=username'],
    ['in a header of another case', 'Form-Data; NAME="username"'],
  ])('have names %s', (_, disposition) => {
    expect(multipartFields(TYPE, form(part(disposition, 'ada')))).toEqual({ username: 'ada' });
  });

  test.each([
    ['a type and charset of their own', 'Content-Type: text/plain; charset=utf-8\r\n', 'ü€😀'],
    ['line breaks in them', '', 'one\r\ntwo'],
    ['nothing in them', '', ''],
    ['what looks like a boundary in the middle of a line', '', 'x --b-- y'],
    ['an encoding that is none', 'Content-Transfer-Encoding: 8bit\r\n', 'x'],
  ])('may have %s', (_, more, value) => {
    expect(multipartFields(TYPE, form(part('form-data; name=x', value, more)))).toEqual({ x: value });
  });

  test('are the last of several of a name, whatever the name', () => {
    const twice = form(part('form-data; name=x', '1'), part('form-data; name=x', '2'));
    expect(multipartFields(TYPE, twice)).toEqual({ x: '2' });
    const named = multipartFields(TYPE, form(part('form-data; name="__proto__"', '1')));
    expect(Object.getPrototypeOf(named)).toBe(Object.prototype);
  });

  test('are not text where they are files', () => {
    const file = form(part('form-data; name="password"; filename="x.txt"', 'secret'));
    expect(multipartFields(TYPE, file).password).not.toBeTypeOf('string');
  });

  test.each([
    ['in quotes, with a blank', '"b c"', 'b c'],
    ['among other parameters', 'b; charset=utf-8', 'b'],
  ])('may be divided by a boundary %s', (_, written, boundary) => {
    const body = form(part('form-data; name=x', '1')).replaceAll('--b', `--${boundary}`);
    expect(multipartFields(`multipart/form-data; boundary=${written}`, body)).toEqual({ x: '1' });
  });

  test('may have a preamble, blanks behind a boundary and an epilogue', () => {
    const body = `hello\r\n${form(part('form-data; name=x', '1')).replace('--b', '--b \t')}goodbye`;
    expect(multipartFields(TYPE, body)).toEqual({ x: '1' });
    expect(multipartFields(TYPE, '--b--')).toEqual({});
  });

  test.each<[rule: string, type: string, body: string]>([
    ['cut off', TYPE, form(part('form-data; name=x', '1')).slice(0, -8)],
    ['of another boundary', 'multipart/form-data; boundary=c', form(part('form-data; name=x', '1'))],
    ['without a boundary', 'multipart/form-data', form(part('form-data; name=x', '1'))],
    ['without its first line break', TYPE, form('--b', part('form-data; name=x', '1'))],
    ['of parts without a disposition', TYPE, form('--b\r\nContent-Type: text/plain\r\n\r\n1\r\n')],
    ['of parts without a name', TYPE, form(part('form-data', '1'))],
    ['of attachments', TYPE, form(part('attachment; name=x', '1'))],
    ['of a header without a name', TYPE, form(part('form-data; name=x', '1', ': x\r\n'))],
    [
      'of parts in base64',
      TYPE,
      form(part('form-data; name=x', 'eA==', 'Content-Transfer-Encoding: base64\r\n')),
    ],
    ['of lines that end in LF alone', TYPE, form(part('form-data; name=x', '1')).replaceAll('\r', '')],
    ['not a form', TYPE, '{}'],
  ])('are refused where the body is %s', (_, type, body) => {
    expect(() => multipartFields(type, body)).toThrow();
  });
});
