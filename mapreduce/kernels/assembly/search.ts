/** Line feeds counted, and the lines that hold a sequence of bytes. */

const LF: u32 = 10
const CR: u32 = 13
const NOWHERE: usize = 0

/** How many LF bytes there are in [position, limit). */
export function countFeeds(position: usize, limit: usize): u32 {
  const feed = i8x16.splat(10)
  let at = position
  let total: u32 = 0
  while (at + 32 <= limit) {
    // Counters of a byte each, summed up before one can overflow.
    let even = i8x16.splat(0)
    let odd = i8x16.splat(0)
    const pairs = (limit - at) >> 5
    const end: usize = at + ((pairs < 255 ? pairs : 255) << 5)
    for (; at < end; at += 32) {
      even = i8x16.sub(even, i8x16.eq(v128.load(at), feed))
      odd = i8x16.sub(odd, i8x16.eq(v128.load(at, 16), feed))
    }
    const words = i16x8.add(i16x8.extadd_pairwise_i8x16_u(even), i16x8.extadd_pairwise_i8x16_u(odd))
    const sums = i32x4.extadd_pairwise_i16x8_u(words)
    total +=
      i32x4.extract_lane(sums, 0) +
      i32x4.extract_lane(sums, 1) +
      i32x4.extract_lane(sums, 2) +
      i32x4.extract_lane(sums, 3)
  }
  for (; at < limit; at++) total += u32(load<u8>(at) == LF)
  return total
}

function same(a: usize, b: usize, length: usize): bool {
  if (length < 16) {
    for (let i: usize = 0; i < length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false
    return true
  }
  const last = length - 16
  for (let i: usize = 0; i < last; i += 16) {
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false
  }
  return !v128.any_true(v128.xor(v128.load(a + last), v128.load(b + last)))
}

/** Where the first of the needles that lie wholly in [at, limit) starts. Compares two of its bytes at 16 places at once. */
function find(at: usize, limit: usize, needle: usize, length: usize, one: usize, two: usize): usize {
  if (at + length > limit) return NOWHERE
  const first = i8x16.splat(load<i8>(needle + one))
  const second = i8x16.splat(load<i8>(needle + two))
  const behind: usize = limit - length + 1
  while (at < behind) {
    if (at + 64 <= behind) {
      const a = v128.and(i8x16.eq(v128.load(at + one), first), i8x16.eq(v128.load(at + two), second))
      const b = v128.and(i8x16.eq(v128.load(at + one, 16), first), i8x16.eq(v128.load(at + two, 16), second))
      const c = v128.and(i8x16.eq(v128.load(at + one, 32), first), i8x16.eq(v128.load(at + two, 32), second))
      const d = v128.and(i8x16.eq(v128.load(at + one, 48), first), i8x16.eq(v128.load(at + two, 48), second))
      if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) {
        at += 64
        continue
      }
    }
    const end: usize = at + 64 < behind ? at + 64 : behind
    for (; at < end; at += 16) {
      let bits: u32 = i8x16.bitmask(
        v128.and(i8x16.eq(v128.load(at + one), first), i8x16.eq(v128.load(at + two), second)),
      )
      if (at + 16 > end) bits &= (1 << <u32>(end - at)) - 1
      while (bits != 0) {
        const where = at + ctz(bits)
        if (same(where, needle, length)) return where
        bits &= bits - 1
      }
    }
    at = end
  }
  return NOWHERE
}

/** The start of the line that holds the byte at `at`; lines begin at `floor` and behind every LF. */
function lineStart(at: usize, floor: usize): usize {
  const feed = i8x16.splat(10)
  while (at >= floor + 16) {
    const bits: u32 = i8x16.bitmask(i8x16.eq(v128.load(at - 16), feed))
    if (bits != 0) return at + 16 - clz(bits)
    at -= 16
  }
  while (at > floor && load<u8>(at - 1) != LF) at--
  return at
}

/** The first LF in [at, limit), or `limit`. */
function lineEnd(at: usize, limit: usize): usize {
  const feed = i8x16.splat(10)
  for (; at + 16 <= limit; at += 16) {
    const bits: u32 = i8x16.bitmask(i8x16.eq(v128.load(at), feed))
    if (bits != 0) return at + ctz(bits)
  }
  while (at < limit && load<u8>(at) != LF) at++
  return at
}

export function matchingLines(
  position: usize, limit: usize, needle: usize, length: usize, one: usize, two: usize, crlf: u32, out: usize, most: u32,
): u32 {
  let row: usize = out + 8
  let found: u32 = 0
  // Everything before it is counted: it is the start of a line.
  let counted = position
  let at = position
  let floor = position
  while (found < most) {
    const hit = find(at, limit, needle, length, one, two)
    if (hit == NOWHERE) {
      const rest = countFeeds(counted, limit)
      const open: u32 = u32(counted < limit && load<u8>(limit - 1) != LF)
      store<u32>(out, <u32>limit)
      store<u32>(out, rest + open, 4)
      return found
    }
    const start = lineStart(hit, floor)
    const feed = lineEnd(hit, limit)
    const end: usize = crlf != 0 && feed > start && load<u8>(feed - 1) == CR ? feed - 1 : feed
    at = floor = feed < limit ? feed + 1 : limit
    // A needle with a line end in it is in no line.
    if (hit + length > end) continue
    store<u32>(row, <u32>start)
    store<u32>(row, <u32>end, 4)
    store<u32>(row, countFeeds(counted, start), 8)
    row += 12
    found++
    counted = at
  }
  store<u32>(out, <u32>counted)
  store<u32>(out, 0, 4)
  return found
}
