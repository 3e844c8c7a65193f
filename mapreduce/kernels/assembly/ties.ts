/** Records whose words are equal are put in order by the rest of their keys. See `Kernels.ties`. */

import { keyAt, prefixOf } from './key'

const PAIR_BYTES: usize = 16
/** Two rows of pairs and, of a stretch and of all that is cut from it, two of three words each. */
const SCRATCH_BYTES: usize = 2 * PAIR_BYTES + 8
const INSERTION: usize = 8
const PREFIX: u32 = 8

// @ts-ignore: decorator
@inline
function isAfter(a: usize, b: usize): bool {
  const left = load<u64>(a)
  const right = load<u64>(b)
  return left != right ? left > right : load<u64>(a, 8) > load<u64>(b, 8)
}

/** Sorts pairs of u64s; `other` is for as many again. Returns where they are then. */
function sortPairs(pairs: usize, other: usize, count: usize): usize {
  const end = pairs + count * PAIR_BYTES
  for (let run = pairs; run < end; run += INSERTION * PAIR_BYTES) {
    const stop = min(end, run + INSERTION * PAIR_BYTES)
    for (let at = run + PAIR_BYTES; at < stop; at += PAIR_BYTES) {
      const first = load<u64>(at)
      const second = load<u64>(at, 8)
      let hole = at
      while (hole > run) {
        const before = hole - PAIR_BYTES
        const left = load<u64>(before)
        if (left < first || (left == first && load<u64>(before, 8) < second)) break
        v128.store(hole, v128.load(before))
        hole = before
      }
      store<u64>(hole, first)
      store<u64>(hole, second, 8)
    }
  }
  let from = pairs
  let to = other
  for (let width = INSERTION; width < count; width *= 2) {
    for (let start: usize = 0; start < count; start += 2 * width) {
      let a = from + start * PAIR_BYTES
      const aEnd = from + min(count, start + width) * PAIR_BYTES
      let b = aEnd
      const bEnd = from + min(count, start + 2 * width) * PAIR_BYTES
      let out = to + start * PAIR_BYTES
      while (a < aEnd && b < bEnd) {
        const second = isAfter(a, b)
        const source = select<usize>(b, a, second)
        v128.store(out, v128.load(source))
        a += select<usize>(0, PAIR_BYTES, second)
        b += select<usize>(PAIR_BYTES, 0, second)
        out += PAIR_BYTES
      }
      if (a < aEnd) memory.copy(out, a, aEnd - a)
      else if (b < bEnd) memory.copy(out, b, bEnd - b)
    }
    const swap = from
    from = to
    to = swap
  }
  return from
}

// @ts-ignore: decorator
@inline
function entryAt(base: usize, stride: i32, word: u32): usize {
  return base + <usize>(<i32>(word & 0xffffff) * stride)
}

export function ties(
  words: usize,
  from: u32,
  count: u32,
  base: usize,
  stride: i32,
  keyField: usize,
  metaField: usize,
  inlineBytesMax: i32,
  inlineField: usize,
  depth: u32,
  scratch: usize,
  scratchBytes: usize,
): u32 {
  let rank = from
  while (rank < count) {
    const high = load<u64>(words + (<usize>rank << 3)) >> 24
    let end = rank + 1
    while (end < count && load<u64>(words + (<usize>end << 3)) >> 24 == high) end++
    if (end - rank > 1) {
      if (<usize>(end - rank) * SCRATCH_BYTES + 64 > scratchBytes) return rank
      const pairs = scratch
      const other = pairs + <usize>(end - rank) * PAIR_BYTES
      const bottom = other + <usize>(end - rank) * PAIR_BYTES
      store<u32>(bottom, rank)
      store<u32>(bottom, end, 4)
      store<u32>(bottom, depth, 8)
      let stack = bottom + 12
      while (stack > bottom) {
        stack -= 12
        const start = load<u32>(stack)
        const stop = load<u32>(stack, 4)
        const firstAt = entryAt(base, stride, load<u32>(words + (<usize>start << 3)))
        const firstLength = load<u32>(firstAt + metaField) & 0x7ffffff
        const first = keyAt(firstAt, firstLength, keyField, inlineBytesMax, inlineField)
        // What all of them have in common needs no sorting, and may be long.
        let agreed = firstLength
        let equal = true
        for (let r = start + 1; r < stop; r++) {
          const entry = entryAt(base, stride, load<u32>(words + (<usize>r << 3)))
          const length = load<u32>(entry + metaField) & 0x7ffffff
          const key = keyAt(entry, length, keyField, inlineBytesMax, inlineField)
          const both = min(agreed, length)
          let same = load<u32>(stack, 8)
          while (same < both) {
            const difference = load<u64>(first + same) ^ load<u64>(key + same)
            if (difference != 0) {
              same += <u32>(ctz(difference) >> 3)
              break
            }
            same += 8
          }
          if (same > both) same = both
          if (same < firstLength || length != firstLength) equal = false
          if (same < agreed) agreed = same
        }
        // Already in the order they came.
        if (equal) continue
        let pair = pairs
        for (let r = start; r < stop; r++, pair += PAIR_BYTES) {
          const i = load<u32>(words + (<usize>r << 3)) & 0xffffff
          const entry = entryAt(base, stride, i)
          const length = load<u32>(entry + metaField) & 0x7ffffff
          const key = keyAt(entry, length, keyField, inlineBytesMax, inlineField)
          const rest = length - agreed
          store<u64>(pair, prefixOf(key + agreed, rest))
          // A key that is over comes before one that goes on with zeros.
          store<u64>(pair, (<u64>min<u32>(rest, PREFIX + 1) << 32) | <u64>i, 8)
        }
        pair = sortPairs(pairs, other, <usize>(stop - start))
        for (let r = start; r < stop; ) {
          const prefix = load<u64>(pair)
          const rest = load<u32>(pair, 12)
          const run = r
          do {
            store<u64>(words + (<usize>r << 3), (high << 24) | <u64>load<u32>(pair, 8))
            pair += PAIR_BYTES
            r++
          } while (r < stop && load<u64>(pair) == prefix && load<u32>(pair, 12) == rest)
          if (r - run > 1 && rest > PREFIX) {
            store<u32>(stack, run)
            store<u32>(stack, r, 4)
            store<u32>(stack, agreed + PREFIX, 8)
            stack += 12
          }
        }
      }
    }
    rank = end
  }
  return rank
}
