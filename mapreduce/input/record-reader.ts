/** Hands out the records of one segment, one at a time. */
export interface RecordReader {
  /** The current record; the same object again and again. */
  readonly record: unknown
  /** Position in the file of the current record's first byte. */
  readonly offset: number
  /** Moves to the next record of the segment; false when there is none. */
  next(): boolean
  /** The first bytes of the current record, for messages. */
  head(bytesMax: number): Buffer
}

export interface ReaderOptions {
  /** What the user calls the file. */
  readonly name: string
  /** Called before the bytes of the chunk change: views on it that are still needed have to be used up. */
  readonly beforeRefill: () => void
  /** Called with the number of bytes after every read. */
  readonly onRead: (bytes: number) => void
  /** Lines without these bytes are passed over; empty or none: all are records. For `text()`. */
  readonly contains?: Buffer | undefined
  /** Called with the number of records that were passed over, before the next one that was not. */
  readonly onPassed?: (records: number) => void
  /** Where the states of quotes in this file are remembered for all that read it, see `quoteStateAt`. */
  readonly quotes?: Uint8Array
}

/** A record larger than this is refused (MR_RECORD_TOO_LARGE). */
export const RECORD_BYTES_MAX = 64 * 1024 * 1024

/** How much of a record a message shows. */
export const HEAD_BYTES = 60
