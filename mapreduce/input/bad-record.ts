import { MrError } from '../base/errors.ts'

/**
 * A record that is not what its format says. The reader that throws it stands behind the record: `next` goes on with the
 * one after it, unless the file ends.
 */
export class BadRecord extends MrError {
  /** Of the record's first byte in the file. */
  readonly offset: number
  readonly head: Buffer

  /** `name` is the file's, as the user named it. */
  constructor(name: string, offset: number, head: Buffer, problem: string, options?: { cause?: unknown }) {
    const shown = JSON.stringify(head.toString('utf8')).replaceAll('\ufffd', '\\ufffd')
    super('MR_BAD_INPUT', `${name}, byte ${offset}: ${problem}. The record begins ${shown}`, options)
    this.offset = offset
    this.head = head
  }
}
