/**
 * Where things lie in an arena that both the kernels and TypeScript write. The WebAssembly twin repeats these numbers;
 * the differential test fails when they part.
 *
 *   table   := u32 * 16 | scratch of the kernel, 512 bytes
 *   slot    := hash u32 | entry index + 1 u32            (0 in the second word: free)
 *   entry   := hash u32 | meta u32 | head 8 bytes | key u32 | pad u32 | value f64
 *   pending := start u32 | meta u32                       (meta: see record/kind.ts)
 *
 * `head` is the first eight bytes of the key's payload, zero padded. A payload of up to eight bytes is stored nowhere
 * else: `key` then points at `head` itself.
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
} as const
export const TABLE_BYTES = 64 + 512

export const ENTRY_BYTES = 32
export const entry = { hash: 0, meta: 4, head: 8, key: 16, value: 24 } as const

export const SLOT_BYTES = 8
export const PENDING_BYTES = 8

/** Why `fold` stopped before the last pending record. */
export const stopped = {
  no: 0,
  /** More slots, or a spill, are needed. */
  tableFull: 1,
  keysFull: 2,
  /** The value, or its sum, is not an integer a double holds exactly. */
  notExact: 3,
} as const

export const foldOperation = { sum: 0, min: 1, max: 2 } as const

/** Bytes past the end of any key that kernels may read (never use): keys must not end closer to the arena's end. */
export const SLACK_BYTES = 16
