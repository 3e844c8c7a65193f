import { packMeta } from './kind.ts'

/**
 * The hash of a key: kind and payload, 32 bits. Partitions depend on it, so it is part of what "same bytes" means and
 * never changes; the kernel computes the same. Kind and length are mixed in first, then four bytes at a step, padded
 * with zeros to sixteen at least (so that short keys need no branches) and to a multiple of four.
 */
export function hashKey(bytes: Uint8Array, kindOfKey: number, start: number, end: number): number {
  let hash = Math.imul(packMeta(kindOfKey, end - start), 0x9e3779b1)
  const padded = Math.max(end, start + 16)
  for (let at = start; at < padded; at += 4) {
    let word = at < end ? (bytes[at] ?? 0) : 0
    if (at + 1 < end) word |= (bytes[at + 1] ?? 0) << 8
    if (at + 2 < end) word |= (bytes[at + 2] ?? 0) << 16
    if (at + 3 < end) word |= (bytes[at + 3] ?? 0) << 24
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
