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

/** A record larger than this is refused (MR_RECORD_TOO_LARGE). */
export const RECORD_BYTES_MAX = 64 * 1024 * 1024
