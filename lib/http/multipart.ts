/**
 * The fields of a form in `multipart/form-data`; the last of several with one name; an object in place of a file. Node's own
 * parser won't do: releases that Lambda runs refuse names without quotes, which .NET sends. Libraries read streams of
 * uploads and add 27 kB to every function, for a form of at most 32 KiB of text.
 *
 * @param contentType with its boundary
 * @throws Error for a malformed or incomplete form
 * @see RFC 7578; RFC 2046 section 5.1
 */
export function multipartFields(contentType: string, text: string): Record<string, unknown> {
  const [, quoted, plain] =
    /;\s*boundary\s*=\s*(?:"([^"\\]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw new Error('there is no boundary');
  // A boundary begins a line. Text before the first one and after the last one is ignored.
  const [, ...parts] = `\r\n${text}`.split(`\r\n--${boundary}`);
  const end = parts.findIndex((part) => /^--[ \t]*(\r\n|$)/.test(part));
  if (end < 0) throw new Error('there is no last boundary');
  return Object.fromEntries(parts.slice(0, end).map(readPart));
}

function readPart(part: string): [name: string, value: unknown] {
  const blank = part.indexOf('\r\n\r\n');
  const [rest = '', ...lines] = part.slice(0, Math.max(blank, 0)).split('\r\n');
  if (blank < 0 || rest.trim() !== '') throw new Error('a part has no end of its headers');
  const headers = new Map(lines.map(readHeader));
  const [, type, parameters = ''] = /^\s*([\w-]+)(.*)$/.exec(headers.get('content-disposition') ?? '') ?? [];
  const named = parametersOf(parameters);
  const name = named.get('name');
  if (type?.toLowerCase() !== 'form-data' || name === undefined) throw new Error('a part has no name');
  if (!/^(7bit|8bit|binary)?$/i.test(headers.get('content-transfer-encoding') ?? ''))
    throw new Error('a part is encoded'); // RFC 7578 section 4.7 deprecates that
  const isFile = named.has('filename') || named.has('filename*');
  return [name, isFile ? { file: true } : part.slice(blank + 4)];
}

function readHeader(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new Error('a header of a part has no name');
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

/** `; name=x; filename="y"`, with quotes or without. */
function parametersOf(text: string): Map<string, string> {
  const found = text.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;"]*))/g);
  return new Map(
    Array.from(found, ([, name = '', quoted, plain = '']) => [
      name.toLowerCase(),
      quoted?.replace(/\\(.)/g, '$1') ?? plain,
    ]),
  );
}
