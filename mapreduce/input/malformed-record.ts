import { MrError } from '../base/errors.ts'

/**
 * A record that its input format refuses, thrown by `next()` of a reader that has already moved past it: whoever sets bad
 * records aside calls `next()` again and gets the record behind it. To everyone else it is MR_BAD_INPUT like any other.
 */
export class MalformedRecord extends MrError {
  /** Position in the file of its first byte. */
  readonly offset: number
  /** The record as it stands there; a copy. */
  readonly bytes: Buffer

  constructor(message: string, offset: number, bytes: Buffer) {
    super('MR_BAD_INPUT', message)
    this.offset = offset
    this.bytes = bytes
  }
}
