// The text of a file of users. No message repeats a value of the file: any of them may be an address or a hash.
import { createReadStream } from 'node:fs';
import { fileSentence, OperatorError } from '../command-line/operator-error.ts';

/** An error that makes a whole file unusable, so that nothing of it is imported. */
export class UnusableFile extends OperatorError {}

/**
 * The text of a file in pieces, without a byte order mark.
 *
 * @throws UnusableFile when it isn't UTF-8: U+FFFD in the place of a byte would be stored as part of somebody's name
 */
export async function* textOf(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 })) {
      const text = decoder.decode(chunk as Buffer, { stream: true });
      // UTF-16 of plain Latin text is sound UTF-8 with a NUL in every other place.
      if (text.includes('\0')) throw new TypeError('UTF-16');
      yield text;
    }
    yield decoder.decode();
  } catch (error) {
    const sentence = fileSentence(error, file);
    if (sentence !== undefined) throw new UnusableFile(sentence);
    if (!(error instanceof TypeError)) throw error;
    throw new UnusableFile(`${file} is not UTF-8: convert it, for example with iconv.`);
  }
}

/** The whole text of a small file, such as a configuration. @throws UnusableFile */
export async function wholeText(file: string): Promise<string> {
  let text = '';
  for await (const piece of textOf(file)) text += piece;
  return text;
}

/** A line of a file, counted from 1. */
export type Line = { line: number; text: string };

/** The lines of a file without their ends. Not readline, which also breaks lines at U+2028 and U+2029. */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  let line = 0;
  let rest = '';
  for await (const text of textOf(file)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) yield { line: ++line, text: one.replace(/\r$/, '') };
  }
  yield { line: ++line, text: rest.replace(/\r$/, '') };
}
