/**
 * The kernels in AssemblyScript, compiled to WebAssembly with SIMD. Meaning and memory layout are those of
 * kernels/kernels.ts and kernels/layout.ts; kernels/plain.ts is the reference. No runtime, no allocation.
 */

import {
  TABLE_SLOTS,
  TABLE_SLOT_MASK,
  TABLE_ENTRIES,
  TABLE_COUNT,
  TABLE_ENTRIES_MAX,
  TABLE_KEYS,
  TABLE_KEYS_USED,
  TABLE_KEYS_MAX,
  TABLE_STATUS,
  TABLE_NEAR,
  TABLE_CELLS,
  TABLE_BATCH,
  BATCH,
  BATCH_CELL,
  ENTRY_SHIFT,
  ENTRY_META,
  ENTRY_HEAD,
  ENTRY_TAIL,
  ENTRY_KEY,
  ENTRY_VALUE,
  INLINE_BYTES_MAX,
  STOPPED_TABLE_FULL,
  STOPPED_KEYS_FULL,
  STOPPED_NOT_EXACT,
  EXACT_MAX,
  headOf,
  tailOf,
  hashKey,
  sameLong,
} from './table'

export { csv, quotes } from './csv'
export { gatherEntries } from './entries'
export { lzPack, lzUnpack } from './lz'
export { lay, merge, mergeResume, mergeStart } from './merge'
export { agree, append, gather, pack, radix } from './records'
export { countFeeds, matchingLines } from './search'
export { ties } from './ties'
export { countWords } from './words'

const STATS: u32 = 3
const CELL_BYTES: usize = 24
const CELL_MAX: usize = 8
const CELL_COUNT: usize = 16

// @ts-ignore: decorator
@inline
function isSpace(byte: u32): bool {
  return byte == 32 || byte - 9 <= 4
}

export function tokenise(position: usize, limit: usize, out: usize, most: u32): u32 {
  const first = out
  let at = position
  // One bit: was the byte before `at` part of a word.
  let inside: u32 = 0
  // A block of 16 bytes starts at most 8 words; beyond this the scalar loop counts exactly.
  const last: usize = out + (<usize>most << 3)
  const space = i8x16.splat(32)
  const nine = i8x16.splat(9)
  const four = i8x16.splat(4)
  while (at + 16 <= limit && out + 80 <= last) {
    const block = v128.load(at)
    const spaces = v128.or(i8x16.eq(block, space), i8x16.le_u(i8x16.sub(block, nine), four))
    const words: u32 = ~i8x16.bitmask(spaces) & 0xffff
    let edges: u32 = (words ^ ((words << 1) | inside)) & 0xffff
    inside = words >>> 15
    while (edges != 0) {
      store<u32>(out, <u32>at + ctz(edges))
      out += 4
      edges &= edges - 1
    }
    at += 16
  }
  while (at < limit) {
    if (inside == 0 && out >= last) break
    const space: bool = isSpace(load<u8>(at))
    if (space != (inside == 0)) {
      store<u32>(out, <u32>at)
      out += 4
      inside ^= 1
    }
    at++
  }
  if (inside != 0) {
    store<u32>(out, <u32>limit)
    out += 4
  }
  return <u32>((out - first) >> 3)
}

export function places(position: usize, limit: usize, out: usize, most: u32, byte: u32): u32 {
  const first = out
  const last: usize = out + (<usize>most << 2)
  const wanted = i8x16.splat(<i8>byte)
  let at = position
  while (at + 16 <= limit && out + 64 <= last) {
    let found: u32 = i8x16.bitmask(i8x16.eq(v128.load(at), wanted))
    while (found != 0) {
      store<u32>(out, <u32>at + ctz(found))
      out += 4
      found &= found - 1
    }
    at += 16
  }
  for (; at < limit && out < last; at++) {
    if (load<u8>(at) == byte) {
      store<u32>(out, <u32>at)
      out += 4
    }
  }
  return <u32>((out - first) >> 2)
}

/**
 * Works on a batch of records at a time: hashes first, then looks at all their slots, then at all their entries. The
 * table is larger than the cache, and loads that do not wait for each other overlap.
 */
export function fold(state: usize, pending: usize, values: usize, from: u32, to: u32, operation: u32): u32 {
  const slots: usize = load<u32>(state, TABLE_SLOTS)
  const mask = load<u32>(state, TABLE_SLOT_MASK)
  const entries: usize = load<u32>(state, TABLE_ENTRIES)
  const entriesMax = load<u32>(state, TABLE_ENTRIES_MAX)
  const keys: usize = load<u32>(state, TABLE_KEYS)
  const keysMax = load<u32>(state, TABLE_KEYS_MAX)
  const cells: usize = load<u32>(state, TABLE_CELLS)
  const batch: usize = state + TABLE_BATCH
  let count = load<u32>(state, TABLE_COUNT)
  let keysUsed = load<u32>(state, TABLE_KEYS_USED)
  let status: u32 = 0
  let i = from
  while (i < to) {
    const first = i
    const last = min<u32>(to, i + BATCH)
    let cell = batch
    for (let j = first; j < last; j++, cell += BATCH_CELL) {
      const record = pending + (<usize>j << 3)
      const start: usize = load<u32>(record)
      const meta = load<u32>(record, 4)
      const head = headOf(start, meta & 0x7ffffff)
      const tail = tailOf(start, meta & 0x7ffffff)
      const hash = hashKey(start, meta, head, tail)
      store<u32>(cell, hash)
      store<u64>(cell, head, 8)
      store<u64>(cell, tail, 16)
    }
    // A loop of its own and this short, so that the processor runs ahead to the loads of many records.
    cell = batch
    for (let j = first; j < last; j++, cell += BATCH_CELL) {
      store<u32>(cell, load<u32>(slots + (<usize>(load<u32>(cell) & mask) << 3), 4), 4)
    }
    // The likely entry of each: what is loaded here is only wanted to be near when it is needed.
    let near: u32 = 0
    cell = batch
    for (let j = first; j < last; j++, cell += BATCH_CELL) {
      near ^= load<u32>(entries + (<usize>load<u32>(cell, 4) << ENTRY_SHIFT) - 32)
    }
    store<u32>(state, near, TABLE_NEAR)
    cell = batch
    for (; i < last; i++, cell += BATCH_CELL) {
      const record = pending + (<usize>i << 3)
      const start: usize = load<u32>(record)
      const meta = load<u32>(record, 4)
      let value = load<f64>(values + (<usize>i << 3))
      // Statistics know no -0.
      if (operation == STATS) value += 0
      if (floor(value) != value || abs(value) > EXACT_MAX) {
        status = STOPPED_NOT_EXACT
        break
      }
      const length = meta & 0x7ffffff
      const hash = load<u32>(cell)
      const head = load<u64>(cell, 8)
      const tail = load<u64>(cell, 16)
      let slot = hash & mask
      let found: usize = 0
      while (true) {
        const at = slots + (<usize>slot << 3)
        const index = load<u32>(at, 4)
        if (index == 0) break
        if (load<u32>(at) == hash) {
          const candidate = entries + (<usize>(index - 1) << ENTRY_SHIFT)
          const other =
            (load<u64>(candidate, ENTRY_HEAD) ^ head) | <u64>(load<u32>(candidate, ENTRY_META) ^ meta)
          if (
            length <= INLINE_BYTES_MAX
              ? (other | (load<u64>(candidate, ENTRY_TAIL) ^ tail)) == 0
              : other == 0 && sameLong(candidate, start, length)
          ) {
            found = candidate
            break
          }
        }
        slot = (slot + 1) & mask
      }
      if (found != 0) {
        const old = load<f64>(found, ENTRY_VALUE)
        if (operation == 0 || operation == STATS) {
          const sum = old + value
          if (abs(sum) > EXACT_MAX) {
            status = STOPPED_NOT_EXACT
            break
          }
          store<f64>(found, sum, ENTRY_VALUE)
          if (operation == STATS) {
            const held = cells + ((found - entries) >> ENTRY_SHIFT) * CELL_BYTES
            if (value < load<f64>(held)) store<f64>(held, value)
            if (value > load<f64>(held, CELL_MAX)) store<f64>(held, value, CELL_MAX)
            store<f64>(held, load<f64>(held, CELL_COUNT) + 1, CELL_COUNT)
          }
        } else if (operation == 1 ? value < old : value > old) {
          store<f64>(found, value, ENTRY_VALUE)
        }
        continue
      }
      if (count == entriesMax) {
        status = STOPPED_TABLE_FULL
        break
      }
      const long = length > INLINE_BYTES_MAX
      if (long && keysUsed + length > keysMax) {
        status = STOPPED_KEYS_FULL
        break
      }
      const made = entries + (<usize>count << ENTRY_SHIFT)
      store<u32>(made, hash)
      store<u32>(made, meta, ENTRY_META)
      store<u64>(made, head, ENTRY_HEAD)
      store<u64>(made, tail, ENTRY_TAIL)
      if (long) {
        memory.copy(keys + keysUsed, start, length)
        store<u32>(made, <u32>keys + keysUsed, ENTRY_KEY)
        keysUsed += length
      }
      store<f64>(made, value, ENTRY_VALUE)
      if (operation == STATS) {
        const held = cells + <usize>count * CELL_BYTES
        store<f64>(held, value)
        store<f64>(held, value, CELL_MAX)
        store<f64>(held, 1, CELL_COUNT)
      }
      count++
      const at = slots + (<usize>slot << 3)
      store<u32>(at, hash)
      store<u32>(at, count, 4)
    }
    if (status != 0) break
  }
  store<u32>(state, count, TABLE_COUNT)
  store<u32>(state, keysUsed, TABLE_KEYS_USED)
  store<u32>(state, status, TABLE_STATUS)
  return i
}

export function rehash(state: usize): void {
  const slots: usize = load<u32>(state, TABLE_SLOTS)
  const mask = load<u32>(state, TABLE_SLOT_MASK)
  const entries: usize = load<u32>(state, TABLE_ENTRIES)
  const count = load<u32>(state, TABLE_COUNT)
  memory.fill(slots, 0, (<usize>mask + 1) << 3)
  for (let i: u32 = 0; i < count; i++) {
    const hash = load<u32>(entries + (<usize>i << ENTRY_SHIFT))
    let slot = hash & mask
    while (load<u32>(slots + (<usize>slot << 3), 4) != 0) slot = (slot + 1) & mask
    const cell = slots + (<usize>slot << 3)
    store<u32>(cell, hash)
    store<u32>(cell, i + 1, 4)
  }
}

export function copy(to: usize, from: usize, length: usize): void {
  memory.copy(to, from, length)
}
