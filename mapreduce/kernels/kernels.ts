import type { CsvBytes } from './csv-scan.ts'

/**
 * The hot loops. Every pointer is a byte offset into the arena the kernels were made for. There are two
 * implementations with identical results: plain TypeScript (plain.ts) and WebAssembly (wasm.ts, assembly/).
 */
export interface Kernels {
  readonly name: 'plain' | 'wasm'
  /** Bounds of the words in [position, limit), as (start, end) u32 pairs at `out`, at most `most`; returns how many. */
  tokenise(position: number, limit: number, out: number, most: number): number
  /** Offsets of the LF bytes in [position, limit), as u32s at `out`, at most `most`; returns how many. */
  lines(position: number, limit: number, out: number, most: number): number
  /** How many LF bytes there are in [position, limit). */
  countFeeds(position: number, limit: number): number
  /**
   * The lines of [position, limit) that hold the `length` bytes at `needle`, one or more; a line starts at `position`.
   * `one` and `two` are places in the needle whose bytes are looked for first, best those of rare bytes. `crlf`, 1 or 0: a
   * CR before the LF is no part of a line. Returns how many lines were found, `most` at most, and writes at `out` u32s: the
   * address up to which all is found, the lines passed over behind the last found one, and of each found one its start, its
   * end and the lines passed over before it, since the one found before.
   */
  matchingLines(
    position: number,
    limit: number,
    needle: number,
    length: number,
    one: number,
    two: number,
    crlf: number,
    out: number,
    most: number,
  ): number
  /**
   * The CSV records that begin at `position` or later and end, with a LF, before `limit`. Writes the end of every field
   * (see `CsvScan.ends`) at `ends`, `endsMax` u32s at most, and at `rows`: the address up to which all is found, the
   * number of records, and for each of them its start, QUOTED set if it is malformed, and the number of ends up to its
   * last. Returns the number of records, `rowsMax` at most; none also when `ends` is too small for one.
   */
  csv(
    position: number,
    limit: number,
    ends: number,
    endsMax: number,
    rows: number,
    rowsMax: number,
    dialect: CsvBytes,
  ): number
  /**
   * What [position, limit) does to the state of quotes, after what `before` says (see `quoteState`). The byte before
   * `position` is looked at, too.
   */
  quotes(position: number, limit: number, quote: number, delimiter: number, before: number): number
  /**
   * Folds pending records [from, to) with their f64 values into the table. Returns the index of the first it did not
   * take; `to` when it took all, else the table's `status` tells why.
   */
  fold(table: number, pending: number, values: number, from: number, to: number, operation: number): number
  /**
   * Adds one in the table to the sum of every word in [position, limit), as keys of kind `kindOfKey`. Returns the start of the
   * first word it did not take; `limit` when it took all, else the table's `status` tells why. The table's `taken` is how
   * many it took. `scratch` has WORD_SCRATCH_BYTES.
   */
  countWords(
    table: number,
    position: number,
    limit: number,
    keyBytesMax: number,
    kindOfKey: number,
    scratch: number,
  ): number
  /** Copies bytes within the arena. */
  copy(to: number, from: number, length: number): void
  /** Rebuilds the slots (their number has been raised in the table) from the entries. */
  rehash(table: number): void
}
