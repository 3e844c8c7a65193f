import { seededWords } from './random.ts'

/**
 * Lines of 100 bytes in the manner of the sort benchmarks: ten random printable bytes to sort by, the number of the
 * line, so that every line differs and equal keys show their order, and filler.
 */
export interface SortRecordsOptions {
  readonly records: number
  /** Default 1. */
  readonly seed?: number
}

export const SORT_RECORD_BYTES = 100
const KEY_BYTES = 10
const NUMBER_DIGITS = 12
const RECORDS_PER_CHUNK = 10_000
const SPACE = 0x20
const LF = 0x0a
/** Printable bytes from '!' to '`': 64 of them, six bits each, no white space. */
const FIRST_PRINTABLE = 0x21

/** Chunks of whole lines, each valid until the next is asked for. The same options give the same bytes on every machine. */
export function* sortRecords(options: SortRecordsOptions): Generator<Uint8Array> {
  const { records, seed = 1 } = options
  const random = seededWords(seed)
  const chunk = new Uint8Array(RECORDS_PER_CHUNK * SORT_RECORD_BYTES).fill(0x2e)
  for (let made = 0; made < records; ) {
    const now = Math.min(RECORDS_PER_CHUNK, records - made)
    for (let i = 0; i < now; i++) writeRecord(chunk, i * SORT_RECORD_BYTES, random, made + i)
    yield chunk.subarray(0, now * SORT_RECORD_BYTES)
    made += now
  }
}

function writeRecord(chunk: Uint8Array, at: number, random: () => number, number: number): void {
  // Five bytes of six bits from each of two words.
  for (let half = 0; half < KEY_BYTES; half += 5) {
    const word = random()
    for (let i = 0; i < 5; i++) chunk[at + half + i] = FIRST_PRINTABLE + ((word >>> (6 * i)) & 63)
  }
  chunk[at + KEY_BYTES] = SPACE
  let rest = number
  for (let digit = NUMBER_DIGITS - 1; digit >= 0; digit--) {
    chunk[at + KEY_BYTES + 1 + digit] = 0x30 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
  chunk[at + KEY_BYTES + 1 + NUMBER_DIGITS] = SPACE
  chunk[at + SORT_RECORD_BYTES - 1] = LF
}
