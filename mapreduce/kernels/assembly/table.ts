/** The combine table's layout, as kernels/layout.ts has it, and its keys. */

export const TABLE_SLOTS: usize = 0
export const TABLE_SLOT_MASK: usize = 4
export const TABLE_ENTRIES: usize = 8
export const TABLE_COUNT: usize = 12
export const TABLE_ENTRIES_MAX: usize = 16
export const TABLE_KEYS: usize = 20
export const TABLE_KEYS_USED: usize = 24
export const TABLE_KEYS_MAX: usize = 28
export const TABLE_STATUS: usize = 32

export const TABLE_NEAR: usize = 36
export const TABLE_CELLS: usize = 40
export const TABLE_LAID_TO: usize = 44
export const TABLE_TAKEN: usize = 48
export const TABLE_BATCH: usize = 64
/** Records a batch, and bytes of scratch each: hash u32 | index in the first slot u32 | head 16 bytes. */
export const BATCH: u32 = 32
export const BATCH_CELL: usize = 32

export const ENTRY_SHIFT: usize = 5
export const ENTRY_META: usize = 4
export const ENTRY_HEAD: usize = 8
export const ENTRY_TAIL: usize = 16
export const ENTRY_KEY: usize = 20
export const ENTRY_VALUE: usize = 24
export const INLINE_BYTES_MAX: u32 = 16

export const STOPPED_TABLE_FULL: u32 = 1
export const STOPPED_KEYS_FULL: u32 = 2
export const STOPPED_NOT_EXACT: u32 = 3
export const STOPPED_KEY_LONG: u32 = 4

export const EXACT_MAX: f64 = 9007199254740991

// @ts-ignore: decorator
@inline
export function mix(hash: u32, word: u32): u32 {
  hash = (hash ^ word) * 0x85ebca6b
  return hash ^ (hash >>> 15)
}

/** The first eight bytes at `start`, those beyond `length` zero. Without a branch: lengths are as good as random. */
// @ts-ignore: decorator
@inline
export function headOf(start: usize, length: u32): u64 {
  let missing = 8 - <i32>length
  missing &= ~(missing >> 31)
  // A shift by 64 is one by 0, so twice by half.
  const half = <u64>(missing << 2)
  return (((load<u64>(start) << half) << half) >> half) >> half
}

/** The next eight bytes. */
// @ts-ignore: decorator
@inline
export function tailOf(start: usize, length: u32): u64 {
  let missing = 16 - <i32>length
  missing &= ~(missing >> 31)
  const over = (missing - 9) >> 31
  // All eight are missing, or some.
  const half = <u64>((((8 & ~over) | (missing & over)) << 2))
  return (((load<u64>(start, 8) << half) << half) >> half) >> half
}

// @ts-ignore: decorator
@inline
export function hashKey(start: usize, meta: u32, head: u64, tail: u64): u32 {
  const length = meta & 0x7ffffff
  let hash: u32 = meta * 0x9e3779b1
  hash = mix(hash, <u32>head)
  hash = mix(hash, <u32>(head >> 32))
  hash = mix(hash, <u32>tail)
  hash = mix(hash, <u32>(tail >> 32))
  if (length > INLINE_BYTES_MAX) hash = hashLong(hash, start, length)
  return mixed(hash)
}

/** The bytes of a key behind its first sixteen. */
export function hashLong(hash: u32, start: usize, length: u32): u32 {
  const end = start + length
  let at = start + 16
  for (; at + 4 <= end; at += 4) hash = mix(hash, load<u32>(at))
  const rest = <u32>(end - at)
  if (rest != 0) hash = mix(hash, load<u32>(at) & ((1 << (rest << 3)) - 1))
  return hash
}

// @ts-ignore: decorator
@inline
export function mixed(hash: u32): u32 {
  hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35
  return hash ^ (hash >>> 16)
}

/** Whether the key of an entry, longer than lies in it and with an equal head, is the one at `start`. */
export function sameLong(entry: usize, start: usize, length: u32): bool {
  const key: usize = load<u32>(entry, ENTRY_KEY)
  const last = <usize>length - 8
  for (let i: usize = 8; i < last; i += 8) if (load<u64>(key + i) != load<u64>(start + i)) return false
  return load<u64>(key + last) == load<u64>(start + last)
}

export function hashOf(start: usize, meta: u32): u32 {
  const length = meta & 0x7ffffff
  return hashKey(start, meta, headOf(start, length), tailOf(start, length))
}
