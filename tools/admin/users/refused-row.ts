/** Why a row isn't imported, for the author of the file. Contains no value of the row. */
export class RefusedRow extends Error {
  override readonly name = 'RefusedRow';
}
