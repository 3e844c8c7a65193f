/**
 * The hash of a key: kind and payload, 32 bits. Partitions depend on it, so it is part of what "same bytes" means and
 * never changes; the kernel computes the same. Four bytes at a step, the last step padded with zeros; the length and
 * kind are mixed in first, so padding can not collide.
 */
export function hashKey(bytes: Uint8Array, kindOfKey: number, start: number, end: number): number {
  let hash = Math.imul((end - start) ^ (kindOfKey << 27), 0x9e3779b1)
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word =
      (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    hash = Math.imul(hash ^ word, 0x85ebca6b)
    hash ^= hash >>> 15
  }
  if (at < end) {
    let word = bytes[at] ?? 0
    if (at + 1 < end) word |= (bytes[at + 1] ?? 0) << 8
    if (at + 2 < end) word |= (bytes[at + 2] ?? 0) << 16
    hash = Math.imul(hash ^ word, 0x85ebca6b)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** The partition of a hash, without the modulo's bias toward low bits: the high bits scale to [0, partitions). */
export function partitionOf(hash: number, partitions: number): number {
  return Math.floor((hash * partitions) / 4294967296)
}
