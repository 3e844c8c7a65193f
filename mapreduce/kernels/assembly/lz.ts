/** LZ4's block format, see kernels/lz.ts, which is the reference: the packed bytes are the same. */

const HASH_SHIFT: u32 = 20
const MATCH_MIN: usize = 4
const LAST_LITERALS: usize = 5
const MATCH_MARGIN: usize = 12
const OFFSET_MAX: usize = 65535

// @ts-ignore: decorator
@inline
function hashAt(at: usize): u32 {
  return (load<u32>(at) * 2654435761) >>> HASH_SHIFT
}

/** What a length has beyond the fifteen that stand in the token. */
// @ts-ignore: decorator
@inline
function putRest(at: usize, rest: usize): usize {
  for (; rest >= 255; rest -= 255) store<u8>(at++, 255)
  store<u8>(at, <u8>rest)
  return at + 1
}

export function lzPack(from: usize, length: usize, to: usize, limit: usize, table: usize): usize {
  const end = from + length
  const out = to
  const outEnd = to + limit
  let anchor = from
  if (length > MATCH_MARGIN) {
    const last = end - MATCH_MARGIN
    const matchEnd = end - LAST_LITERALS
    memory.fill(table, 0, 4 << (32 - HASH_SHIFT))
    let next = from + 1
    while (true) {
      // Fewer places are looked at the longer nothing is found.
      let searches: usize = 1 << 6
      let at: usize = 0
      let match: usize = 0
      while (true) {
        at = next
        if (at > last) break
        next += searches++ >> 6
        const cell = table + (<usize>hashAt(at) << 2)
        match = from + <usize>load<u32>(cell)
        store<u32>(cell, <u32>(at - from))
        if (at - match <= OFFSET_MAX && load<u32>(match) == load<u32>(at)) break
      }
      if (at > last) break
      while (at > anchor && match > from && load<u8>(at - 1) == load<u8>(match - 1)) {
        at--
        match--
      }
      let stop = at + MATCH_MIN
      let other = match + MATCH_MIN
      while (stop + 8 <= matchEnd && load<u64>(stop) == load<u64>(other)) {
        stop += 8
        other += 8
      }
      while (stop < matchEnd && load<u8>(stop) == load<u8>(other)) {
        stop++
        other++
      }
      const literals = at - anchor
      const matched = stop - at - MATCH_MIN
      if (to + literals + literals / 255 + matched / 255 + 8 > outEnd) return 0
      store<u8>(to++, <u8>((min<usize>(literals, 15) << 4) | min<usize>(matched, 15)))
      if (literals >= 15) to = putRest(to, literals - 15)
      memory.copy(to, anchor, literals)
      to += literals
      store<u16>(to, <u16>(at - match))
      to += 2
      if (matched >= 15) to = putRest(to, matched - 15)
      anchor = stop
      if (stop > last) break
      store<u32>(table + (<usize>hashAt(stop - 2) << 2), <u32>(stop - 2 - from))
      next = stop
    }
  }
  const literals = end - anchor
  if (to + literals + literals / 255 + 2 > outEnd) return 0
  store<u8>(to++, <u8>(min<usize>(literals, 15) << 4))
  if (literals >= 15) to = putRest(to, literals - 15)
  memory.copy(to, anchor, literals)
  return to + literals - out
}

/** Returned for bytes that are nothing `lzPack` wrote, or more than `max`. */
const DAMAGED: usize = 0xffffffff

export function lzUnpack(from: usize, length: usize, to: usize, max: usize): usize {
  const end = from + length
  const out = to
  const outEnd = to + max
  while (from < end) {
    const token: u32 = load<u8>(from++)
    let literals: usize = token >>> 4
    if (literals == 15) {
      let more: usize = 255
      while (more == 255) {
        if (from >= end) return DAMAGED
        more = load<u8>(from++)
        literals += more
      }
    }
    if (literals > end - from || literals > outEnd - to) return DAMAGED
    if (literals <= 32 && to + 32 <= outEnd && from + 32 <= end) {
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
    } else memory.copy(to, from, literals)
    from += literals
    to += literals
    if (from == end) return to - out
    if (end - from < 2) return DAMAGED
    const offset: usize = load<u16>(from)
    from += 2
    if (offset == 0 || offset > to - out) return DAMAGED
    let matched: usize = token & 15
    if (matched == 15) {
      let more: usize = 255
      while (more == 255) {
        if (from >= end) return DAMAGED
        more = load<u8>(from++)
        matched += more
      }
    }
    matched += MATCH_MIN
    if (matched > outEnd - to) return DAMAGED
    let source = to - offset
    const stop = to + matched
    if (offset >= 16 && stop + 16 <= outEnd) {
      for (; to < stop; to += 16, source += 16) v128.store(to, v128.load(source))
    } else if (offset >= 8 && stop + 8 <= outEnd) {
      for (; to < stop; to += 8, source += 8) store<u64>(to, load<u64>(source))
    } else {
      for (; to < stop; to++, source++) store<u8>(to, load<u8>(source))
    }
    to = stop
  }
  return DAMAGED
}
