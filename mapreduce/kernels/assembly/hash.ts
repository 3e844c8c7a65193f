/** The hash of a key: the twin of record/hash.ts. */

// @ts-ignore: decorator
@inline
function mix(hash: u32, word: u32): u32 {
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
  if (length > 16) {
    const end = start + length
    let at = start + 16
    for (; at + 4 <= end; at += 4) hash = mix(hash, load<u32>(at))
    const rest = <u32>(end - at)
    if (rest != 0) hash = mix(hash, load<u32>(at) & ((1 << (rest << 3)) - 1))
  }
  hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35
  return hash ^ (hash >>> 16)
}

export function hashOf(start: usize, meta: u32): u32 {
  const length = meta & 0x7ffffff
  return hashKey(start, meta, headOf(start, length), tailOf(start, length))
}
