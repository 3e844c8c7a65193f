/** Words counted as they are found: bounds, hashes and the table, some hundreds of words at a time. */

import {
  BATCH,
  BATCH_CELL,
  ENTRY_HEAD,
  ENTRY_KEY,
  ENTRY_META,
  ENTRY_SHIFT,
  ENTRY_VALUE,
  EXACT_MAX,
  INLINE_BYTES_MAX,
  hashLong,
  mix,
  mixed,
  sameLong,
  STOPPED_KEY_LONG,
  STOPPED_KEYS_FULL,
  STOPPED_NOT_EXACT,
  STOPPED_TABLE_FULL,
  TABLE_BATCH,
  TABLE_COUNT,
  TABLE_ENTRIES,
  TABLE_ENTRIES_MAX,
  TABLE_KEYS,
  TABLE_KEYS_MAX,
  TABLE_KEYS_USED,
  TABLE_NEAR,
  TABLE_SLOT_MASK,
  TABLE_SLOTS,
  TABLE_STATUS,
  TABLE_TAKEN,
} from './table'

/** Of the scratch: so many bounds, and those that one block more may add. */
const BOUNDS_BYTES: usize = 512 * 4

// @ts-ignore: decorator
@inline
function wordBits16(at: usize): u64 {
  const block = v128.load(at)
  const spaces = v128.or(
    i8x16.eq(block, i8x16.splat(32)),
    i8x16.le_u(i8x16.sub(block, i8x16.splat(9)), i8x16.splat(4)),
  )
  return <u64>(<u32>i8x16.bitmask(spaces) ^ 0xffff)
}

/** The same of fewer than 64 bytes; those behind `limit` are in no word. */
function lastWordBits(at: usize, limit: usize): u64 {
  let bits: u64 = 0
  for (let from: usize = 0; at + from < limit; from += 16) bits |= wordBits16(at + from) << <u64>from
  return bits & ((<u64>1 << <u64>(limit - at)) - 1)
}

export function countWords(
  state: usize, position: usize, limit: usize, keyBytesMax: u32, kindOfKey: u32, scratch: usize,
): u32 {
  const slots: usize = load<u32>(state, TABLE_SLOTS)
  const mask = load<u32>(state, TABLE_SLOT_MASK)
  const entries: usize = load<u32>(state, TABLE_ENTRIES)
  const entriesMax = load<u32>(state, TABLE_ENTRIES_MAX)
  const keys: usize = load<u32>(state, TABLE_KEYS)
  const keysMax = load<u32>(state, TABLE_KEYS_MAX)
  const batch: usize = state + TABLE_BATCH
  const full: usize = scratch + BOUNDS_BYTES
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  let count = load<u32>(state, TABLE_COUNT)
  let keysUsed = load<u32>(state, TABLE_KEYS_USED)
  let status: u32 = 0
  let taken: u32 = 0
  let near: u32 = 0
  let stopAt = limit
  let at = position
  // One bit: is the byte before `at` part of a word.
  let inside: u64 = 0
  let bounds = scratch
  while (at < limit && status == 0) {
    while (at < limit && bounds < full) {
      const words =
        at + 64 <= limit
          ? wordBits16(at) | (wordBits16(at + 16) << 16) | (wordBits16(at + 32) << 32) | (wordBits16(at + 48) << 48)
          : lastWordBits(at, limit)
      let edges = words ^ ((words << 1) | inside)
      inside = words >>> 63
      // Eight at a time whether there are as many or not: what is too much is written over.
      let next = bounds
      bounds += <usize>popcnt(edges) << 2
      do {
        store<u32>(next, <u32>at + <u32>ctz(edges))
        edges &= edges - 1
        store<u32>(next, <u32>at + <u32>ctz(edges), 4)
        edges &= edges - 1
        store<u32>(next, <u32>at + <u32>ctz(edges), 8)
        edges &= edges - 1
        store<u32>(next, <u32>at + <u32>ctz(edges), 12)
        edges &= edges - 1
        store<u32>(next, <u32>at + <u32>ctz(edges), 16)
        edges &= edges - 1
        store<u32>(next, <u32>at + <u32>ctz(edges), 20)
        edges &= edges - 1
        store<u32>(next, <u32>at + <u32>ctz(edges), 24)
        edges &= edges - 1
        store<u32>(next, <u32>at + <u32>ctz(edges), 28)
        edges &= edges - 1
        next += 32
      } while (edges != 0)
      at += 64
    }
    if (at >= limit && inside != 0) {
      store<u32>(bounds, <u32>limit)
      bounds += 4
      inside = 0
    }
    const words = <u32>((bounds - scratch) >> 3)
    let i: u32 = 0
    while (i < words && status == 0) {
      const first = i
      let last = min<u32>(words, i + BATCH)
      let cell = batch
      let word: usize = scratch + (<usize>i << 3)
      for (let j = first; j < last; j++, cell += BATCH_CELL, word += 8) {
        const start: usize = load<u32>(word)
        const length = load<u32>(word, 4) - <u32>start
        if (length > keyBytesMax) {
          last = j
          status = STOPPED_KEY_LONG
          stopAt = start
          break
        }
        const there = i8x16.lt_u(places, i8x16.splat(<i8>min<u32>(length, 16)))
        const head = v128.and(v128.load(start), there)
        let hash: u32 = ((kindOfKey << 27) | length) * 0x9e3779b1
        hash = mix(hash, i32x4.extract_lane(head, 0))
        hash = mix(hash, i32x4.extract_lane(head, 1))
        hash = mix(hash, i32x4.extract_lane(head, 2))
        hash = mix(hash, i32x4.extract_lane(head, 3))
        if (length > INLINE_BYTES_MAX) hash = hashLong(hash, start, length)
        store<u32>(cell, mixed(hash))
        v128.store(cell, head, 16)
      }
      // Loops of their own and this short, so that the processor runs ahead to the loads of many words.
      cell = batch
      for (let j = first; j < last; j++, cell += BATCH_CELL) {
        store<u32>(cell, load<u32>(slots + (<usize>(load<u32>(cell) & mask) << 3), 4), 4)
      }
      cell = batch
      for (let j = first; j < last; j++, cell += BATCH_CELL) {
        near ^= load<u32>(entries + (<usize>load<u32>(cell, 4) << ENTRY_SHIFT) - 32)
      }
      cell = batch
      word = scratch + (<usize>i << 3)
      for (; i < last; i++, cell += BATCH_CELL, word += 8) {
        const start: usize = load<u32>(word)
        const length = load<u32>(word, 4) - <u32>start
        const meta = (kindOfKey << 27) | length
        const hash = load<u32>(cell)
        const head = v128.load(cell, 16)
        let slot = hash & mask
        let found: usize = 0
        let index = load<u32>(cell, 4)
        // What the slot held before the batch; it may have been free then.
        if (index == 0) index = load<u32>(slots + (<usize>slot << 3), 4)
        while (index != 0) {
          const candidate = entries + (<usize>(index - 1) << ENTRY_SHIFT)
          if (
            load<u32>(candidate, ENTRY_META) == meta &&
            (length <= INLINE_BYTES_MAX
              ? !v128.any_true(v128.xor(v128.load(candidate, ENTRY_HEAD), head))
              : load<u64>(candidate, ENTRY_HEAD) == <u64>i64x2.extract_lane(head, 0) &&
                sameLong(candidate, start, length))
          ) {
            found = candidate
            break
          }
          slot = (slot + 1) & mask
          index = load<u32>(slots + (<usize>slot << 3), 4)
        }
        if (found != 0) {
          const sum = load<f64>(found, ENTRY_VALUE) + 1
          if (sum > EXACT_MAX) {
            status = STOPPED_NOT_EXACT
            stopAt = start
            break
          }
          store<f64>(found, sum, ENTRY_VALUE)
          continue
        }
        if (count == entriesMax) {
          status = STOPPED_TABLE_FULL
          stopAt = start
          break
        }
        const long = length > INLINE_BYTES_MAX
        if (long && keysUsed + length > keysMax) {
          status = STOPPED_KEYS_FULL
          stopAt = start
          break
        }
        const made = entries + (<usize>count << ENTRY_SHIFT)
        store<u32>(made, hash)
        store<u32>(made, meta, ENTRY_META)
        v128.store(made, head, ENTRY_HEAD)
        if (long) {
          memory.copy(keys + keysUsed, start, length)
          store<u32>(made, <u32>keys + keysUsed, ENTRY_KEY)
          keysUsed += length
        }
        store<f64>(made, 1, ENTRY_VALUE)
        count++
        const free = slots + (<usize>slot << 3)
        store<u32>(free, hash)
        store<u32>(free, count, 4)
      }
      taken += i - first
    }
    // The start of a word that goes on.
    if (inside != 0) store<u32>(scratch, load<u32>(bounds - 4))
    bounds = scratch + (<usize>inside << 2)
  }
  store<u32>(state, near, TABLE_NEAR)
  store<u32>(state, count, TABLE_COUNT)
  store<u32>(state, keysUsed, TABLE_KEYS_USED)
  store<u32>(state, status, TABLE_STATUS)
  store<u32>(state, taken, TABLE_TAKEN)
  return <u32>stopAt
}
