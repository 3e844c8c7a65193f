/**
 * Kernels of the record buffer: records come in, are put in order, and go out as they stand in a run. Meaning and layout
 * are those of kernels/kernels.ts and kernels/layout.ts; kernels/plain-records.ts is the reference.
 */

import { copyOver } from './copy'
import { keyAt, prefixOf } from './key'
import { hashOf } from './table'
import { putVarint } from './varint'

const BUFFER_USED: usize = 0
const BUFFER_COUNT: usize = 4
const BUFFER_TOP: usize = 8
const BUFFER_NEAR: usize = 12
const BUFFER_END: usize = 16
const BUFFER_AHEAD: usize = 64
const AHEAD: u32 = 32

const PENDING_SHIFT: usize = 4
const INDEX_BYTES: u32 = 16
const OVERHEAD_BYTES: u32 = 32
const RADIX_MIN: u32 = 1024
const RADIX_COUNTS_BYTES: i64 = 16448
const RECORDS_MAX: u32 = 1 << 24
const CUT_BYTES: usize = 16

/** Whether a cut lies above a text: see `rangeOf` in shuffle/range.ts. */
function isAbove(cut: usize, text: u32, start: usize, length: u32, prefix: u64): bool {
  const meta = load<u32>(cut, 12)
  const kind = meta >>> 27
  if (kind != text) return kind > text
  const other = load<u64>(cut)
  if (other != prefix) return other > prefix
  const cutLength = meta & 0x7ffffff
  const key: usize = load<u32>(cut, 8)
  const both = min(cutLength, length)
  for (let i: u32 = 8; i < both; i++) {
    const a = load<u8>(key + i)
    const b = load<u8>(start + i)
    if (a != b) return a > b
  }
  return cutLength > length
}

// @ts-ignore: decorator
@inline
function rangeOf(cuts: usize, count: u32, meta: u32, start: usize): u32 {
  const length = meta & 0x7ffffff
  const prefix = prefixOf(start, length)
  let low: u32 = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isAbove(cuts + <usize>middle * CUT_BYTES, meta >>> 27, start, length, prefix)) high = middle
    else low = middle + 1
  }
  return low
}

export function append(
  state: usize,
  pending: usize,
  from: u32,
  to: u32,
  partitions: u32,
  cuts: usize,
  cutCount: u32,
): u32 {
  let used = load<u32>(state, BUFFER_USED)
  let count = load<u32>(state, BUFFER_COUNT)
  const top = load<u32>(state, BUFFER_TOP)
  let i = from
  for (; i < to; i++) {
    const record = pending + (<usize>i << PENDING_SHIFT)
    const start: usize = load<u32>(record)
    const meta = load<u32>(record, 4)
    const valueMeta = load<u32>(record, 12)
    const length = meta & 0x7ffffff
    const valueLength = valueMeta & 0x7ffffff
    let room = <i64>top - <i64>used - <i64>(count + 1) * OVERHEAD_BYTES - 16
    if (count >= RADIX_MIN) room -= RADIX_COUNTS_BYTES
    if (<i64>(length + valueLength) > room || count == RECORDS_MAX) break
    let partition: u32 = 0
    if (cuts != 0) partition = rangeOf(cuts, cutCount, meta, start)
    else if (partitions > 1) partition = <u32>((<u64>hashOf(start, meta) * <u64>partitions) >> 32)
    copyOver(used, start, length)
    copyOver(<usize>used + length, load<u32>(record, 8), valueLength)
    count++
    const entry = <usize>(top - count * INDEX_BYTES)
    store<u32>(entry, used)
    store<u32>(entry, meta, 4)
    store<u32>(entry, valueMeta, 8)
    store<u32>(entry, partition, 12)
    used += length + valueLength
  }
  store<u32>(state, used, BUFFER_USED)
  store<u32>(state, count, BUFFER_COUNT)
  return i
}

export function agree(
  count: u32,
  base: usize,
  stride: i32,
  keyField: usize,
  metaField: usize,
  inlineBytesMax: i32,
  inlineField: usize,
): i32 {
  const firstMeta = load<u32>(base + metaField)
  const firstLength = firstMeta & 0x7ffffff
  const first = keyAt(base, firstLength, keyField, inlineBytesMax, inlineField)
  let agreed = firstLength
  let entry = base
  for (let i: u32 = 0; i < count; i++, entry += stride) {
    const meta = load<u32>(entry + metaField)
    if (meta >>> 27 != firstMeta >>> 27) return -1
    const length = meta & 0x7ffffff
    const key = keyAt(entry, length, keyField, inlineBytesMax, inlineField)
    if (length < agreed) agreed = length
    let same: u32 = 0
    while (same < agreed) {
      const difference = load<u64>(first + same) ^ load<u64>(key + same)
      if (difference != 0) {
        same += <u32>(ctz(difference) >> 3)
        break
      }
      same += 8
    }
    if (same < agreed) agreed = same
  }
  return <i32>agreed
}

export function pack(
  words: usize,
  count: u32,
  base: usize,
  stride: i32,
  keyField: usize,
  metaField: usize,
  inlineBytesMax: i32,
  inlineField: usize,
  depth: u32,
  partitionBits: u32,
  partitionField: usize,
  hashed: u32,
): void {
  let entry = base
  for (let i: u32 = 0; i < count; i++, entry += stride) {
    const meta = load<u32>(entry + metaField)
    const length = meta & 0x7ffffff
    const key = keyAt(entry, length, keyField, inlineBytesMax, inlineField)
    // Depth 0 is the kind byte.
    const skip: u32 = depth == 0 ? 0 : depth - 1
    const prefix: u64 = length <= skip ? 0 : prefixOf(key + skip, length - skip)
    const bytes = depth == 0 ? (<u64>(meta >>> 27) << 32) | (prefix >> 32) : prefix >> 24
    let partition: u64 = partitionBits == 0 ? 0 : load<u32>(entry + partitionField)
    if (hashed != 0) partition = (partition * hashed) >> 32
    const high = (partition << (40 - partitionBits)) | (bytes >> partitionBits)
    store<u64>(words + (<usize>i << 3), (high << 24) | i)
  }
}

const DIGIT_BITS: u64 = 10
const DIGITS: usize = 1 << 10
const DIGIT_MASK: u64 = (1 << 10) - 1
const PASSES: usize = 4

export function radix(words: usize, count: u32, scratch: usize): void {
  const counts = scratch
  let from = words
  let to = scratch + PASSES * DIGITS * 4
  const bytes = <usize>count << 3
  memory.fill(counts, 0, PASSES * DIGITS * 4)
  for (let at = from; at < from + bytes; at += 8) {
    let high = load<u64>(at) >> 24
    for (let pass: usize = 0; pass < PASSES; pass++) {
      const cell = counts + ((pass * DIGITS + <usize>(high & DIGIT_MASK)) << 2)
      store<u32>(cell, load<u32>(cell) + 1)
      high >>= DIGIT_BITS
    }
  }
  for (let pass: usize = 0; pass < PASSES; pass++) {
    const first = counts + ((pass * DIGITS) << 2)
    const shift: u64 = 24 + <u64>pass * DIGIT_BITS
    // One digit for all: nothing would move.
    if (load<u32>(first + (<usize>((load<u64>(from) >> shift) & DIGIT_MASK) << 2)) == count) continue
    let sum: u32 = 0
    for (let digit: usize = 0; digit < DIGITS; digit++) {
      const many = load<u32>(first + (digit << 2))
      store<u32>(first + (digit << 2), sum)
      sum += many
    }
    for (let at = from; at < from + bytes; at += 8) {
      const word = load<u64>(at)
      const cell = first + (<usize>((word >> shift) & DIGIT_MASK) << 2)
      const rank = load<u32>(cell)
      store<u32>(cell, rank + 1)
      store<u64>(to + (<usize>rank << 3), word)
    }
    const other = from
    from = to
    to = other
  }
  if (from != words) memory.copy(words, from, bytes)
}

export function gather(
  state: usize,
  words: usize,
  from: u32,
  to: u32,
  out: usize,
  limit: usize,
  blockEnd: usize,
): u32 {
  const top = load<u32>(state, BUFFER_TOP)
  const ahead = state + BUFFER_AHEAD
  let rank = from
  let warm = from
  while (rank < to && out < blockEnd) {
    if (rank == warm) {
      // The loads do not wait for each other, so the processor waits for many cache misses at once.
      warm = min(to, rank + AHEAD)
      let cell = ahead
      for (let j = rank; j < warm; j++, cell += 4) {
        store<u32>(cell, top - ((load<u32>(words + (<usize>j << 3)) & 0xffffff) + 1) * INDEX_BYTES)
      }
      let near: u32 = 0
      cell = ahead
      for (let j = rank; j < warm; j++, cell += 4) {
        const entry: usize = load<u32>(cell)
        const key: usize = load<u32>(entry)
        const length = (load<u32>(entry, 4) & 0x7ffffff) + (load<u32>(entry, 8) & 0x7ffffff)
        // A record mostly lies in two cache lines, or a few.
        near ^= load<u8>(key) ^ load<u8>(key + (length >>> 1)) ^ load<u8>(key + length)
      }
      store<u32>(state, near, BUFFER_NEAR)
    }
    const entry: usize = top - ((load<u32>(words + (<usize>rank << 3)) & 0xffffff) + 1) * INDEX_BYTES
    const key: usize = load<u32>(entry)
    const meta = load<u32>(entry, 4)
    const valueMeta = load<u32>(entry, 8)
    const length = meta & 0x7ffffff
    const valueLength = valueMeta & 0x7ffffff
    // Two lengths, two kinds, and the steps of a copy.
    if (<i64>(limit - out) < <i64>length + <i64>valueLength + 28) break
    out = putVarint(out, length + 1)
    out = putVarint(out, valueLength + 1)
    store<u8>(out, meta >>> 27)
    copyOver(out + 1, key, length)
    out += length + 1
    store<u8>(out, valueMeta >>> 27)
    copyOver(out + 1, key + length, valueLength)
    out += valueLength + 1
    rank++
  }
  store<u32>(state, <u32>out, BUFFER_END)
  return rank
}
