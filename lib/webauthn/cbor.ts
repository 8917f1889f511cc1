/** The part of CBOR that CTAP2 and COSE use. */
export type Cbor = number | string | Buffer | boolean | null | undefined | Cbor[] | CborMap;
export type CborMap = Map<number | string, Cbor>;

/** CTAP 2.2 section 8: no message nests deeper. */
const MAX_DEPTH = 4;

/**
 * Reads one CBOR item of the subset that CTAP2 uses: lengths are definite, map keys are unique numbers or texts, and there are
 * no tags, floating-point numbers or integers beyond 2^53. A length may be encoded longer than necessary, as some
 * authenticators do.
 *
 * Each length is compared with the remaining bytes before anything is read. A Buffer may share its memory with other
 * requests: a byte string that reached beyond it would reveal their data.
 *
 * @returns the item, and the offset behind it
 * @throws Error when the bytes aren't such an item
 * @see RFC 8949; https://fidoalliance.org/specs/fido-v2.2-ps-20250714/#message-encoding
 */
export function readCbor(bytes: Buffer, offset = 0): { value: Cbor; end: number } {
  let at = offset;

  function take(length: number): Buffer {
    if (length > bytes.length - at) throw new Error('CBOR ends in the middle of an item');
    at += length;
    return bytes.subarray(at - length, at);
  }

  /** The argument of an item: in its first byte, or in the 1, 2, 4 or 8 bytes that follow. */
  function argumentOf(information: number): number {
    if (information < 24) return information;
    if (information > 27) throw new Error('CBOR of indefinite length');
    const size = 2 ** (information - 24);
    const value = size === 8 ? Number(take(8).readBigUInt64BE()) : take(size).readUIntBE(0, size);
    if (!Number.isSafeInteger(value)) throw new Error('CBOR with a number beyond 2^53');
    return value;
  }

  function readItem(depth: number): Cbor {
    if (depth > MAX_DEPTH) throw new Error('CBOR is nested too deep');
    const first = take(1).readUInt8();
    const information = first & 0x1f;
    switch (first >> 5) {
      case 0:
        return argumentOf(information);
      case 1:
        return -1 - argumentOf(information);
      case 2:
        return take(argumentOf(information));
      case 3:
        return new TextDecoder('utf-8', { fatal: true }).decode(take(argumentOf(information)));
      case 4:
        return readArray(argumentOf(information), depth);
      case 5:
        return readMap(argumentOf(information), depth);
      case 7:
        return simpleValue(information);
      default:
        throw new Error('CBOR with a tag');
    }
  }

  function readArray(length: number, depth: number): Cbor[] {
    const items: Cbor[] = [];
    for (let nth = 0; nth < length; nth += 1) items.push(readItem(depth + 1));
    return items;
  }

  function readMap(length: number, depth: number): CborMap {
    const map: CborMap = new Map();
    for (let nth = 0; nth < length; nth += 1) {
      const key = readItem(depth + 1);
      if (typeof key !== 'number' && typeof key !== 'string') throw new Error('CBOR with an unusual key');
      if (map.has(key)) throw new Error('CBOR with a key that occurs twice');
      map.set(key, readItem(depth + 1));
    }
    return map;
  }

  const value = readItem(0);
  return { value, end: at };
}

function simpleValue(information: number): boolean | null | undefined {
  switch (information) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
      return null;
    case 23:
      return undefined;
    default:
      throw new Error('CBOR with a value that is not used here');
  }
}

/** Reads bytes that are one map and nothing else. @throws Error otherwise */
export function readCborMap(bytes: Buffer): CborMap {
  const { value, end } = readCbor(bytes);
  if (!(value instanceof Map) || end !== bytes.length) throw new Error('not one map of CBOR');
  return value;
}
