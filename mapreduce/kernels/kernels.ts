import type { CsvBytes } from './csv-scan.ts'

/** Where the keys of an index lie: entry i is at `base + i * stride`, its fields at the offsets given. */
export interface KeyFields {
  readonly count: number
  readonly base: number
  /** In bytes; negative for an index that grows downward. */
  readonly stride: number
  readonly keyField: number
  readonly metaField: number
  /** Keys up to this long lie in the index itself, at `inlineField`; -1: none do. */
  readonly inlineBytesMax: number
  readonly inlineField: number
}

/** A loser tree over cursors of run blocks, see kernels/layout.ts. */
export interface MergeKernels {
  /** Moves all live cursors to their first records and plays all matches; returns a `mergeStatus`. */
  start(state: number): number
  /** The cursor wanted has a new block, or is no longer live; returns a `mergeStatus`. */
  resume(state: number): number
  /** Writes the next records as texts at `out`, whatever their kinds, `most` at most; returns how many. The status says why no more. */
  merge(state: number, out: number, most: number): number
  /**
   * Writes the texts [from, to) at `out` as lines: key TAB value with `keys`, else the value; the key alone where there is no
   * value. Stops where something is no text, or does not fit before `limit`; returns the first that was not written, and
   * leaves at `endAt` the address behind the last, and whether there was no room for more.
   */
  lay(
    records: number,
    from: number,
    to: number,
    out: number,
    limit: number,
    textKind: number,
    keys: boolean,
    endAt: number,
  ): number
}

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
  /** The same of any byte. */
  places(position: number, limit: number, out: number, most: number, byte: number): number
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
  /**
   * Copies pending texts [from, to) into a record buffer, each with its partition: by the cuts (their number may be 0) if
   * `cuts` is not 0, else by the hash of its key. Returns the index of the first for which there was no room.
   */
  append(
    buffer: number,
    pending: number,
    from: number,
    to: number,
    partitions: number,
    cuts: number,
    cutCount: number,
  ): number
  /** How many bytes all keys (one at least) begin with alike; -1 when they are of more than one kind. */
  agree(keys: KeyFields): number
  /**
   * Writes each record's word: its partition (the u32 in `partitionField` of its entry, in `partitionBits` bits), the first
   * bytes of its key from the kind byte (`depth` 0) or behind it and `depth` - 1 bytes, its number. With `hashed`, a number
   * of partitions, that u32 is a hash.
   */
  pack(
    words: number,
    keys: KeyFields,
    depth: number,
    partitionBits: number,
    partitionField: number,
    hashed: number,
  ): void
  /**
   * Puts records with equal words, from that of rank `from` on, in order by the rest of their keys, which are of one kind and
   * agree in what the words hold and in the first `depth` bytes. Returns the number of keys, or the rank of a stretch of equal
   * words that is left as it was, for want of scratch.
   */
  ties(words: number, from: number, keys: KeyFields, depth: number, scratch: number, scratchBytes: number): number
  /** Sorts words by their high 40 bits, those that are equal there as they came; `scratch` is for as many again and the counts. */
  radix(words: number, count: number, scratch: number): void
  /**
   * Writes the records of words [from, to), in that order, as they stand in a run (shuffle/run-format.ts), up to the one
   * that reaches `blockEnd`, as far as they fit before `limit`. Returns the first that was not written; `end` of the buffer
   * is the address behind the last.
   */
  gather(buffer: number, words: number, from: number, to: number, out: number, limit: number, blockEnd: number): number
  /** As `gather`, of entries of a fold table that `holds` something (see layout.ts); `laidTo` of the table is where it ended. */
  gatherEntries(
    table: number,
    words: number,
    from: number,
    to: number,
    out: number,
    limit: number,
    blockEnd: number,
    holds: number,
  ): number
  /** See lz.ts; `table` is for LZ_TABLE_BYTES, and a little behind what is packed and before `limit` is read and written. */
  lzPack(from: number, length: number, to: number, limit: number, table: number): number
  lzUnpack(from: number, length: number, to: number, max: number): number
  /** Undefined: shuffle/merge.ts and the formatter do this a record at a time, with the same results. */
  readonly merging: MergeKernels | undefined
  /** Rebuilds the slots (their number has been raised in the table) from the entries. */
  rehash(table: number): void
}
