/** The fields and quotes of CSV; kernels/csv-scan.ts is the reference for their meaning. */

const NO_BYTE: u32 = 256
const QUOTED: u32 = 0x80000000
const NOWHERE: usize = 0

// @ts-ignore: decorator
@inline
function matches(block: v128, byte: v128, there: u32): u32 {
  return <u32>i8x16.bitmask(i8x16.eq(block, byte)) & there
}

function isBlank(from: usize, to: usize): bool {
  for (; from < to; from++) if (load<u8>(from) != 32 && load<u8>(from) != 9) return false
  return true
}

export function csv(
  position: usize, limit: usize, ends: usize, endsMax: u32, rows: usize, rowsMax: u32,
  delimiter: u32, quote: u32, escape: u32, comment: u32, trim: u32,
): u32 {
  const firstEnd = ends
  const lastEnd: usize = ends + (<usize>endsMax << 2)
  const firstRow = rows + 8
  const lastRow: usize = firstRow + (<usize>rowsMax << 3)
  let row = firstRow
  const delimiters = i8x16.splat(<i8>delimiter)
  const feeds = i8x16.splat(10)
  const quotes = i8x16.splat(<i8>quote)
  const escapes = i8x16.splat(<i8>escape)
  const anyQuote: u32 = quote < NO_BYTE ? 0xffff : 0
  const doubled: bool = escape == quote
  const anyEscape: u32 = !doubled && escape < NO_BYTE ? 0xffff : 0
  let recordStart = position
  let fieldStart = position
  let inside = false
  let quoted: u32 = 0
  let bad: u32 = 0
  let closedAt: usize = NOWHERE
  let escapedAt: usize = NOWHERE
  let inComment: bool = position < limit && load<u8>(position) == comment
  let at = position
  let full = false
  while (at < limit && !full) {
    const block = v128.load(at)
    let valid: u32 = 0xffff
    if (at + 16 > limit) valid = (1 << <u32>(limit - at)) - 1
    const quoteBits = matches(block, quotes, anyQuote)
    const escapeBits = matches(block, escapes, anyEscape)
    if (inside && ((quoteBits | escapeBits) & valid) == 0) {
      at += 16
      continue
    }
    const feedBits = matches(block, feeds, 0xffff)
    let bits = (matches(block, delimiters, 0xffff) | feedBits | quoteBits | escapeBits) & valid
    if (quoteBits == 0 && !inside && quoted == 0 && comment == NO_BYTE && ends + 64 <= lastEnd && row + 128 <= lastRow) {
      // Nothing but delimiters and line ends outside quotes: the common case.
      bits &= ~escapeBits
      while (bits != 0) {
        const bit: u32 = ctz(bits)
        const where = at + bit
        store<u32>(ends, <u32>where)
        ends += 4
        if ((feedBits >>> bit) & 1) {
          store<u32>(row, <u32>recordStart | bad)
          store<u32>(row, <u32>((ends - firstEnd) >> 2), 4)
          row += 8
          recordStart = where + 1
          bad = 0
        }
        fieldStart = where + 1
        bits &= bits - 1
      }
      at += 16
      continue
    }
    while (bits != 0) {
      const where = at + ctz(bits)
      bits &= bits - 1
      const byte: u32 = load<u8>(where)
      if (inComment) {
        if (byte == 10) {
          recordStart = fieldStart = where + 1
          inComment = where + 1 < limit && load<u8>(where + 1) == comment
        }
      } else if (inside) {
        if (byte == quote) {
          if (where != escapedAt) {
            inside = false
            closedAt = where
          }
        } else if (anyEscape != 0 && byte == escape && where != escapedAt) escapedAt = where + 1
      } else if (byte == quote) {
        if (quoted == 0 && (where == fieldStart || (trim != 0 && isBlank(fieldStart, where)))) {
          quoted = QUOTED
          inside = true
        } else if (quoted != 0 && where == closedAt + 1 && doubled) inside = true
      } else if (byte == delimiter || byte == 10) {
        if (ends == lastEnd) {
          full = true
          break
        }
        if (quoted != 0 && where != closedAt + 1) {
          const end: usize = byte == 10 && load<u8>(where - 1) == 13 ? where - 1 : where
          if (end != closedAt + 1 && !(trim != 0 && isBlank(closedAt + 1, end))) bad = QUOTED
        }
        store<u32>(ends, <u32>where | quoted)
        ends += 4
        fieldStart = where + 1
        quoted = 0
        if (byte == 10) {
          if (row == lastRow) {
            full = true
            break
          }
          store<u32>(row, <u32>recordStart | bad)
          store<u32>(row, <u32>((ends - firstEnd) >> 2), 4)
          row += 8
          recordStart = where + 1
          bad = 0
          inComment = where + 1 < limit && load<u8>(where + 1) == comment
        }
      }
    }
    at += 16
  }
  const found = <u32>((row - firstRow) >> 3)
  store<u32>(rows, <u32>recordStart)
  store<u32>(rows, found, 4)
  return found
}

const OUTSIDE: u32 = 0
const INSIDE: u32 = 1
const CLOSED: u32 = 2

// @ts-ignore: decorator
@inline
function overQuote(state: u32, adjacent: bool, starts: bool): u32 {
  if (state == CLOSED && !adjacent) state = OUTSIDE
  if (state == INSIDE) return CLOSED
  return state == CLOSED || starts ? INSIDE : OUTSIDE
}

// @ts-ignore: decorator
@inline
function settled(state: u32): u32 {
  return state == CLOSED ? OUTSIDE : state
}

export function quotes(position: usize, limit: usize, quote: u32, delimiter: u32, before: u32): u32 {
  const wanted = i8x16.splat(<i8>quote)
  let one = before & 3
  let two = (before >>> 2) & 3
  let three = (before >>> 4) & 3
  let last: usize = position - 1
  let at = position
  while (at < limit) {
    if (at + 64 <= limit) {
      const four = v128.or(
        v128.or(i8x16.eq(v128.load(at), wanted), i8x16.eq(v128.load(at, 16), wanted)),
        v128.or(i8x16.eq(v128.load(at, 32), wanted), i8x16.eq(v128.load(at, 48), wanted)),
      )
      if (!v128.any_true(four)) {
        at += 64
        continue
      }
    }
    const end: usize = at + 64 < limit ? at + 64 : limit
    for (; at < end; at += 16) {
      let bits: u32 = i8x16.bitmask(i8x16.eq(v128.load(at), wanted))
      if (at + 16 > limit) bits &= (1 << <u32>(limit - at)) - 1
      while (bits != 0) {
        const where = at + ctz(bits)
        bits &= bits - 1
        const previous: u32 = load<u8>(where - 1)
        const starts = previous == delimiter || previous == 10
        const adjacent = where == last + 1
        one = overQuote(one, adjacent, starts)
        two = overQuote(two, adjacent, starts)
        three = overQuote(three, adjacent, starts)
        last = where
      }
    }
  }
  if (limit != last + 1) {
    one = settled(one)
    two = settled(two)
    three = settled(three)
  }
  return one | (two << 2) | (three << 4)
}
