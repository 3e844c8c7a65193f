/**
 * Where things lie in an arena that both the kernels and TypeScript write. The WebAssembly twin repeats these numbers;
 * the differential test fails when they part.
 *
 *   table   := u32 * 16 | scratch of the kernel, 1 KiB
 *   slot    := hash u32 | entry index + 1 u32            (0 in the second word: free)
 *   entry   := hash u32 | meta u32 | head 16 bytes | value f64
 *   pending := start u32 | meta u32                       (meta: see record/kind.ts)
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
  /** Words that the last `countWords` took. */
  taken: 10,
} as const
export const TABLE_BYTES = 64 + 1024

export const ENTRY_BYTES = 32
export const entry = { hash: 0, meta: 4, head: 8, key: 20, value: 24 } as const
export const INLINE_BYTES_MAX = 16

export const SLOT_BYTES = 8
export const PENDING_BYTES = 8

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

export const foldOperation = { sum: 0, min: 1, max: 2 } as const

/** Bytes `countWords` needs for bounds of words. */
export const WORD_SCRATCH_BYTES = 4096

/** Bytes past the end of any key that kernels may read (never use): keys must not end closer to the arena's end. */
export const SLACK_BYTES = 16
