import { expect, test } from 'vitest';
import { contentTypeOf } from './media-type.ts';

test.each<[sent: string[], mediaType: string]>([
  [[], ''],
  [[''], ''],
  [['application/json'], 'application/json'],
  [['Application/JSON ; charset=utf-8'], 'application/json'],
  [['application/json, application/json'], 'application/json'],
  [['application/json;charset=utf-8, application/json'], 'application/json'],
  [['application/json, application/json;charset=utf-8'], 'application/json'],
  [['application/json', 'application/json'], 'application/json'],
  [['application/json,APPLICATION/json', 'application/json; x="a, b"'], 'application/json'],
  [['application/json; x="text/plain, y"'], 'application/json'],
  [[',application/json,'], 'application/json'],
  [['application/json, text/plain'], ''],
  [['text/plain, application/json'], ''],
  [['text/plain;charset=utf-8, application/json'], ''],
  [['text/plain', 'application/json'], ''],
])('%j is the type %j', (sent, mediaType) => {
  expect(contentTypeOf(sent).mediaType).toBe(mediaType);
});

test('the parameters are those of the first', () => {
  const sent = 'multipart/form-data; boundary="a,b", multipart/form-data; boundary=c';
  expect(contentTypeOf([sent]).value).toBe('multipart/form-data; boundary="a,b"');
});
