import { QUOTED } from '../record/csv-row.ts'

/** The bytes that mean something in a CSV dialect; NO_BYTE where it has none of a kind. */
export interface CsvBytes {
  readonly delimiter: number
  readonly quote: number
  /** What makes a quote inside quotes an ordinary byte; mostly the quote itself. */
  readonly escape: number
  /** A record that begins with it is passed over, up to the line end. */
  readonly comment: number
  /** White space between a delimiter and a quote is not part of the field. */
  readonly trim: boolean
}

export const NO_BYTE = 256

const LF = 10
const CR = 13

/**
 * Finds the fields of one CSV record after another, byte by byte, and may be fed a record in pieces. A quote opens at
 * the start of a field only; elsewhere in a field without quotes it is an ordinary byte. The meaning of the `csv`
 * kernel: it finds the same.
 */
export class CsvScan {
  /** Where each field of the record ends, QUOTED set if it has quotes around it. Grows with the record. */
  ends: Uint32Array = new Uint32Array(64)
  count = 0
  recordStart = 0
  /** Bytes stand between a closing quote and the next delimiter. */
  bad = false
  inside = false
  /** Where the quote stands that opened the field. */
  openedAt = 0
  private readonly dialect: CsvBytes
  private fieldStart = 0
  private quoted = false
  private closedAt = -1
  private escapedAt = -1
  private comment = false

  constructor(dialect: CsvBytes) {
    this.dialect = dialect
  }

  /** A record begins at `address`. */
  begin(address: number): void {
    this.recordStart = this.fieldStart = address
    this.count = 0
    this.bad = this.quoted = this.inside = this.comment = false
    this.closedAt = this.escapedAt = -1
  }

  /** In the middle of a record, at `address`: what is found of it is of no use but for its end. */
  beginWithin(address: number, state: 'inside' | 'closed' | 'field start' | 'outside'): void {
    this.begin(address)
    if (state === 'field start') return
    this.fieldStart = address - 2
    if (state === 'outside') return
    this.quoted = true
    if (state === 'inside') this.inside = true
    else this.closedAt = address - 1
  }

  /** Everything moves by `delta`: the bytes lie elsewhere now. */
  shift(delta: number): void {
    this.recordStart += delta
    this.fieldStart += delta
    this.closedAt += delta
    this.escapedAt += delta
    this.openedAt += delta
    for (let i = 0; i < this.count; i++) this.ends[i] = (this.ends[i] ?? 0) + delta
  }

  /**
   * Goes on at `at`. Returns the address behind the LF that ends the record, or -1 when `limit` comes first. A comment
   * is passed over: `recordStart` tells where the record began at last.
   */
  feed(bytes: Uint8Array, at: number, limit: number): number {
    const { delimiter, quote, escape: escaping, comment } = this.dialect
    for (; at < limit; at++) {
      const byte = bytes[at] ?? 0
      if (this.comment || (byte === comment && at === this.recordStart)) {
        this.comment = byte !== LF
        if (byte === LF) this.begin(at + 1)
      } else if (this.inside) {
        if (byte === quote) {
          if (at === this.escapedAt) continue
          this.inside = false
          this.closedAt = at
        } else if (byte === escaping && at !== this.escapedAt) this.escapedAt = at + 1
      } else if (byte === quote) {
        if (this.opens(bytes, at)) {
          this.quoted = this.inside = true
          this.openedAt = at
        } else if (this.quoted && at === this.closedAt + 1 && escaping === quote) this.inside = true
      } else if (byte === delimiter) this.endField(bytes, at, false)
      else if (byte === LF) {
        this.endField(bytes, at, true)
        return at + 1
      }
    }
    return -1
  }

  /** The file ends at `limit`: so does the record. False when there is none. */
  finish(bytes: Uint8Array, limit: number): boolean {
    if (this.comment || limit === this.recordStart) return false
    this.endField(bytes, limit, true)
    return true
  }

  private opens(bytes: Uint8Array, at: number): boolean {
    if (this.quoted) return false
    return at === this.fieldStart || (this.dialect.trim && isBlank(bytes, this.fieldStart, at))
  }

  private endField(bytes: Uint8Array, at: number, last: boolean): void {
    if (this.quoted && at !== this.closedAt + 1) {
      const end = last && bytes[at - 1] === CR ? at - 1 : at
      const rest = this.closedAt + 1
      if (end !== rest && !(this.dialect.trim && isBlank(bytes, rest, end))) this.bad = true
    }
    if (this.count === this.ends.length) {
      const grown = new Uint32Array(this.ends.length * 2)
      grown.set(this.ends)
      this.ends = grown
    }
    this.ends[this.count++] = this.quoted ? at + QUOTED : at
    this.fieldStart = at + 1
    this.quoted = false
  }
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 32 && bytes[at] !== 9) return false
  return true
}

/**
 * What a stretch of CSV does to the state between records and fields, for each of the three states it may begin in, two
 * bits each: outside quotes, inside, and right behind a quote that closes unless another follows. Stretches compose, so
 * they can be scanned in any order; the state at any byte is exact without a look at what precedes the stretch.
 */
export const quoteState = { outside: 0, inside: 1, closed: 2 } as const
export const SAME_STATE = (quoteState.closed << 4) | (quoteState.inside << 2) | quoteState.outside

/** The state after a stretch that begins in `state`. */
export const stateAfter = (stretch: number, state: number): number => (stretch >>> (state * 2)) & 3

/** The two steps of the state in a dialect that doubles quotes: from any byte to a quote, and over it. */
export function scanQuotes(
  bytes: Uint8Array,
  position: number,
  limit: number,
  quote: number,
  delimiter: number,
  before: number,
): number {
  const states = [before & 3, (before >>> 2) & 3, (before >>> 4) & 3]
  let last = position - 1
  const step = (at: number): void => {
    const previous = bytes[at - 1]
    const starts = previous === delimiter || previous === LF
    for (let i = 0; i < 3; i++) {
      let state = states[i] ?? 0
      if (state === quoteState.closed && at !== last + 1) state = quoteState.outside
      if (state === quoteState.inside) state = quoteState.closed
      else if (state === quoteState.closed || starts) state = quoteState.inside
      states[i] = state
    }
    last = at
  }
  for (let at = position; at < limit; at++) if (bytes[at] === quote) step(at)
  if (limit !== last + 1)
    for (let i = 0; i < 3; i++) if (states[i] === quoteState.closed) states[i] = quoteState.outside
  return ((states[2] ?? 0) << 4) | ((states[1] ?? 0) << 2) | (states[0] ?? 0)
}
