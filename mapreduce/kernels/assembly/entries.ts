/** Writes entries of the fold table as records of a run. See `Kernels.gatherEntries`. */

import { copyOver } from './copy'
import {
  ENTRY_HEAD,
  ENTRY_KEY,
  ENTRY_META,
  ENTRY_SHIFT,
  ENTRY_VALUE,
  INLINE_BYTES_MAX,
  TABLE_ENTRIES,
  TABLE_LAID_TO,
  TABLE_NEAR,
} from './table'
import { putVarint } from './varint'

const TABLE_AHEAD: usize = 64
const AHEAD: u32 = 32

const HOLDS_COUNTS: u32 = 1
const HOLDS_KEYS: u32 = 2
const KIND_ABSENT: u8 = 0
const KIND_NUMBER: u8 = 4
const KIND_INT: u8 = 8
const KIND_PARTIAL: u8 = 10
const INT_MAX: f64 = 0x3fffffff
const VALUE_BYTES_MAX: u32 = 12

/** The kind byte and the payload of a value. */
// @ts-ignore: decorator
@inline
function putValue(at: usize, value: f64, holds: u32): usize {
  if (holds == HOLDS_KEYS) {
    store<u8>(at, KIND_ABSENT)
    return at + 1
  }
  if (holds == HOLDS_COUNTS) {
    store<u8>(at, KIND_PARTIAL)
    const count = <u64>value
    return putVarint(putVarint(at + 1, <u32>(count >> 24)), <u32>(count & 0xffffff))
  }
  let bits = reinterpret<u64>(value)
  // -0 has to keep its sign.
  if (abs(value) <= INT_MAX && bits != 0x8000000000000000) {
    store<u8>(at, KIND_INT)
    const int = <i32>value
    return putVarint(at + 1, <u32>((int << 1) ^ (int >> 31)))
  }
  store<u8>(at, KIND_NUMBER)
  bits = <i64>bits < 0 ? ~bits : bits | 0x8000000000000000
  store<u64>(at + 1, bswap<u64>(bits))
  return at + 9
}

export function gatherEntries(
  state: usize,
  words: usize,
  from: u32,
  to: u32,
  out: usize,
  limit: usize,
  blockEnd: usize,
  holds: u32,
): u32 {
  const entries: usize = load<u32>(state, TABLE_ENTRIES)
  const value = state + TABLE_AHEAD
  let rank = from
  let warm = from
  while (rank < to && out < blockEnd) {
    if (rank == warm) {
      // The loads do not wait for each other, so the processor waits for many cache misses at once.
      warm = min(to, rank + AHEAD)
      let near: u32 = 0
      for (let j = rank; j < warm; j++) {
        near ^= load<u32>(entries + (<usize>(load<u32>(words + (<usize>j << 3)) & 0xffffff) << ENTRY_SHIFT))
      }
      store<u32>(state, near, TABLE_NEAR)
    }
    const entry = entries + (<usize>(load<u32>(words + (<usize>rank << 3)) & 0xffffff) << ENTRY_SHIFT)
    const meta = load<u32>(entry, ENTRY_META)
    const length = meta & 0x7ffffff
    const key: usize = length <= INLINE_BYTES_MAX ? entry + ENTRY_HEAD : load<u32>(entry, ENTRY_KEY)
    if (<i64>(limit - out) < <i64>length + VALUE_BYTES_MAX + 28) break
    const valueLength = <u32>(putValue(value, load<f64>(entry, ENTRY_VALUE), holds) - value)
    out = putVarint(out, length + 1)
    store<u8>(out, valueLength)
    store<u8>(out + 1, meta >>> 27)
    copyOver(out + 2, key, length)
    out += length + 2
    v128.store(out, v128.load(value))
    out += valueLength
    rank++
  }
  store<u32>(state, <u32>out, TABLE_LAID_TO)
  return rank
}
