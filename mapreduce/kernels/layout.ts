/**
 * Where things lie in an arena that both the kernels and TypeScript write. The WebAssembly twin repeats these numbers;
 * the differential test fails when they part.
 *
 *   table   := u32 * 16 | scratch of the kernel, 1 KiB
 *   slot    := hash u32 | entry index + 1 u32            (0 in the second word: free)
 *   entry   := hash u32 | meta u32 | head 16 bytes | value f64
 *   cell    := min f64 | max f64 | count f64
 *   pending := start u32 | meta u32                       (meta: see record/kind.ts)
 *   buffer  := u32 * 16 | scratch of the kernel, 128 bytes
 *   index   := key start u32 | key meta u32 | value meta u32 | partition u32        (the value follows its key)
 *   text    := key start u32 | key meta u32 | value start u32 | value meta u32
 *   merge   := u32 * 16
 *   cursor  := prefix u64 | at u32 | end u32 | record u32 | text | live u32, 64 bytes  (prefix: of the key with its kind byte)
 *   cut     := first eight bytes of the key u64, big-endian number | key start u32 | key meta u32
 *   word    := record u24 | first bytes of partition and key u40                    (a u64, see shuffle/sort.ts)
 *
 * `head` is the key's payload, zero padded, when it has up to sixteen bytes, and then it lies nowhere else. Of a longer
 * one it is the first twelve bytes, and where all of it lies as a u32.
 */
export const table = {
  slots: 0,
  slotMask: 1,
  entries: 2,
  count: 3,
  /** Entries the present number of slots carries. */
  entriesMax: 4,
  keys: 5,
  keysUsed: 6,
  keysMax: 7,
  status: 8,
  /** Of a table of statistics: a cell for each entry, at the same index. (Word 9 is the kernel's own.) */
  cells: 10,
  /** Where `gatherEntries` ended. */
  laidTo: 11,
  /** Words that the last `countWords` took. */
  taken: 12,
} as const
export const TABLE_BYTES = 64 + 1024

export const ENTRY_BYTES = 32
export const entry = { hash: 0, meta: 4, head: 8, key: 20, value: 24 } as const
export const INLINE_BYTES_MAX = 16

export const SLOT_BYTES = 8
export const PENDING_BYTES = 8

/** A record buffer: payloads grow upward from its bottom to `used`, the index downward from `top`. */
export const buffer = { used: 0, count: 1, top: 2, /** Where `gather` ended. */ end: 4 } as const
export const BUFFER_BYTES = 64 + 128

export const INDEX_BYTES = 16
export const index = { key: 0, meta: 4, valueMeta: 8, partition: 12 } as const
/** What a record takes beside its payload: its place in the index, its word in the sort, and as much again as scratch. */
export const RECORD_OVERHEAD_BYTES = INDEX_BYTES + 2 * 8
/** With fewer words than this, counting digits takes longer than comparing. */
export const RADIX_MIN = 1024
/** Records in one buffer: their number has 24 bits in a word. */
export const RECORDS_MAX = 1 << 24

export const TEXT_BYTES = 16
export const CUT_BYTES = 16

/** Where a merge's cursors and its tree of losers (u32s) lie, and what it waits for. */
export const mergeState = {
  cursors: 0,
  tree: 1,
  cursorCount: 2,
  /** A cursor. */ wants: 3,
  status: 4,
  laidTo: 5,
  noRoom: 6,
} as const
export const MERGE_BYTES = 64
/** `at`: where the next record begins; `record`: where the current one does. */
export const mergeCursor = { at: 8, end: 12, record: 16, live: 36 } as const
export const MERGE_CURSOR_BYTES = 64

/** Why `merge` stopped. */
export const mergeStatus = {
  /** The room for records is full. */
  more: 0,
  /** The cursor wanted stands at the end of its block. */
  block: 1,
  /** The cursor wanted has a record that runs over its block. */
  damaged: 2,
  over: 3,
} as const

/** What `radix` needs of scratch, beside eight bytes a word; with what aligning it may take. */
export const RADIX_COUNTS_BYTES = 4 * 1024 * 4 + 64

/** Why `fold` stopped before the last pending record, or `countWords` before the last word. */
export const stopped = {
  no: 0,
  /** More slots, or a spill, are needed. */
  tableFull: 1,
  keysFull: 2,
  /** The value, or its sum, is not an integer a double holds exactly. */
  notExact: 3,
  /** `countWords`: the word is longer than what was asked for. */
  keyLong: 4,
} as const

/** What the numbers of a table are: values, counts that the reduce takes as unfinished, or nothing (keys alone). */
export const entryHolds = { values: 0, counts: 1, keys: 2 } as const

/** `stats`: the entry's value is the sum, and its cell has the rest. */
export const foldOperation = { sum: 0, min: 1, max: 2, stats: 3 } as const
export type FoldOperation = keyof typeof foldOperation

export const CELL_BYTES = 24
export const cell = { min: 0, max: 8, count: 16 } as const

/** Bytes `countWords` needs for bounds of words. */
export const WORD_SCRATCH_BYTES = 4096

/** Bytes past the end of any key that kernels may read (never use): keys must not end closer to the arena's end. */
export const SLACK_BYTES = 16
