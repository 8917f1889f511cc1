/** A sentence for the operator: what was wrong, and what to do. */
export class OperatorError extends Error {
  override readonly name = 'Error';
}

const SENTENCES: Record<string, (path: string) => string> = {
  ENOENT: (path) => `There is no file ${path}.`,
  ENOTDIR: (path) => `There is no file ${path}.`,
  EISDIR: (path) => `${path} is a folder: name a file.`,
  EACCES: (path) => `You may not open ${path}: check its permissions.`,
  EPERM: (path) => `You may not open ${path}: check its permissions.`,
  EROFS: (path) => `${path} is on a read-only disk: name another file.`,
  EEXIST: (path) => `${path} exists already: name another file, or remove it first.`,
  ENOSPC: (path) => `The disk is full: ${path} is incomplete.`,
  ENAMETOOLONG: () => 'The name of the file is too long.',
};

/**
 * The sentence for what Node threw about a file; `undefined` for any other error.
 *
 * @param file where the error itself doesn't name one
 */
export function fileSentence(error: unknown, file?: string): string | undefined {
  const { code = '', path = file ?? 'the file' } = error as NodeJS.ErrnoException;
  return Object.hasOwn(SENTENCES, code) ? SENTENCES[code]?.(path) : undefined;
}
