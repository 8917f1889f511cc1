// How large DynamoDB says an item is, and what it charges for that size.

/** An attribute's value as it is on the wire, such as `{ "S": "…" }`. */
export type WireValue = { [type: string]: unknown };
export type WireItem = { [name: string]: WireValue };

/**
 * The bytes of an item by DynamoDB's published rules: names and texts in UTF-8, numbers by two digits an byte.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function sizeOf(item: WireItem): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + bytes(name) + sizeOfValue(value), 0);
}

/** Write units of one item: one for each begun kB, at least one; twice as many in a transaction. */
export function writeUnits(size: number, kind: 'plain' | 'transaction' = 'plain'): number {
  return Math.max(1, Math.ceil(size / 1024)) * (kind === 'transaction' ? 2 : 1);
}

/** Read units of so many bytes: one for each begun 4 kB, at least one; half of it when eventually consistent. */
export function readUnits(size: number, kind: 'eventual' | 'consistent' | 'transaction'): number {
  return Math.max(1, Math.ceil(size / 4096)) * { eventual: 0.5, consistent: 1, transaction: 2 }[kind];
}

function sizeOfValue(value: WireValue): number {
  const [[type, content] = ['NULL', true]] = Object.entries(value);
  switch (type) {
    case 'S':
      return bytes(content as string);
    case 'N':
      return sizeOfNumber(content as string);
    case 'B':
      return Buffer.from(content as string, 'base64').length;
    case 'SS':
    case 'NS':
    case 'BS':
      return (content as string[]).reduce((sum, one) => sum + sizeOfValue({ [type.charAt(0)]: one }), 0);
    case 'M':
      return 3 + Object.keys(content as WireItem).length + sizeOf(content as WireItem);
    case 'L':
      return 3 + (content as WireValue[]).reduce((sum, one) => sum + 1 + sizeOfValue(one), 0);
    default:
      return 1; // BOOL and NULL
  }
}

/** One byte for two significant digits and one more; a minus takes one too. */
function sizeOfNumber(text: string): number {
  const digits = text
    .replace(/e.*$/i, '')
    .replace(/[-+.]/g, '')
    .replace(/^0+|0+$/g, '');
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}
