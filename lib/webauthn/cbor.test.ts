import { isoCBOR } from '@simplewebauthn/server/helpers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cbor } from '../../test/harness/passkey-device.ts';
import { type Cbor, readCbor, readCborMap } from './cbor.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

const item: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => text.isWellFormed()),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.boolean(),
  ),
  map: fc
    .uniqueArray(
      fc.tuple(fc.oneof(fc.integer({ min: -300, max: 300 }), fc.string({ maxLength: 5 })), tie('any')),
      {
        selector: ([key]) => key,
        maxLength: 4,
      },
    )
    .map((entries) => new Map(entries)),
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('any'), { maxLength: 4 }),
    tie('map'),
  ),
})).any;

describe('CBOR', () => {
  test('is read as it was written, up to its end', () => {
    fc.assert(
      fc.property(item, fc.uint8Array({ maxLength: 5 }), (value, behind) => {
        const bytes = cbor(value);
        const read = readCbor(Buffer.concat([Buffer.from('12'), bytes, behind]), 2);
        expect(read).toEqual({ value, end: 2 + bytes.length });
      }),
    );
  });

  test('any bytes are read as the library reads them, or are refused, and never read beyond their end', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 60 }), item.map(cbor)),
        fc.nat({ max: 60 }),
        (given, at) => {
          const bytes = Buffer.from(given);
          if (bytes.length > 0) bytes.writeUInt8(at * 4, at % bytes.length);
          // Around them lies what other requests hold in the same memory.
          const memory = Buffer.concat([bytes, Buffer.alloc(300, 'secret')]);
          let read: { value: Cbor; end: number };
          try {
            read = readCbor(memory.subarray(0, bytes.length));
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            return;
          }
          expect(read.end).toBeLessThanOrEqual(bytes.length);
          const library = byLibrary(bytes);
          if (library !== undefined) expect(plain(read.value)).toEqual(plain(library.value));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ['nothing', ''],
    ['a byte string that ends too early', '58ff00'],
    ['a byte string of 2^32 bytes', '5affffffff'],
    ['an array of 2^53 items', '9b0020000000000000'],
    ['an array of 2^32 items', '9affffffff'],
    ['an integer beyond 2^53', '1bffffffffffffffff'],
    ['an indefinite length', '5f4100ff'],
    ['a reserved length', '1c'],
    ['a tag', 'c100'],
    ['a float', 'f97c00'],
    ['a map with a key twice', 'a201000100'],
    ['a map with a boolean as its key', 'a1f500'],
    ['text that is no UTF-8', '61ff'],
    ['five levels', '818181818180'],
  ])('%s is refused', (_, bytes) => {
    expect(() => readCbor(hex(bytes))).toThrow(Error);
  });

  test('a thousand levels are refused before they fill the stack', () => {
    expect(() => readCbor(Buffer.alloc(30_000, 0x81))).toThrow('nested too deep');
  });

  test('one map is one map', () => {
    expect(readCborMap(hex('a10102'))).toEqual(new Map([[1, 2]]));
    for (const bytes of ['a1010200', '01', '']) expect(() => readCborMap(hex(bytes))).toThrow(Error);
  });

  test('simple values are themselves', () => {
    const values = ['f4', 'f5', 'f6', 'f7'].map((bytes) => readCbor(hex(bytes)).value);
    expect(values).toEqual([false, true, null, undefined]);
  });
});

/** `undefined` where it refuses, as it does some lengths that are written longer than they have to be. */
function byLibrary(bytes: Buffer): { value: unknown } | undefined {
  try {
    return { value: isoCBOR.decodeFirst(new Uint8Array(bytes)) };
  } catch {
    return undefined;
  }
}

/** Byte strings as text, whichever class they have. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `h'${Buffer.from(value).toString('hex')}'`;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return [...value].map(([key, one]) => [key, plain(one)]);
  return value;
}
