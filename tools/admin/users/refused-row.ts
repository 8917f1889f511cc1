/** Why a row is not imported, for the person who wrote it. Holds no value of the row. */
export class RefusedRow extends Error {
  override readonly name = 'RefusedRow';
}
