/**
 * LZ4's block format (lz4_Block_format.md of the LZ4 project): fast to write, faster to read, and worth it where the disk is
 * slower than either. The greedy search is the plain one: a table of the last place of each hash of four bytes.
 *
 *   block    := sequence* last
 *   sequence := token u8 | rest of literals* | literals | offset u16 LE | rest of match*    (token: literals << 4 | match - 4)
 *   last     := token u8 | rest of literals* | literals                    (five bytes at least, unless all are fewer)
 *   rest     := 255* byte below 255, where the token has 15
 *
 * These are the plain twins of the kernels.
 */
const HASH_SHIFT = 20
const MATCH_MIN = 4
const LAST_LITERALS = 5
const MATCH_MARGIN = 12
const OFFSET_MAX = 65535

/** Bytes of the table of places. */
export const LZ_TABLE_BYTES = 4 << (32 - HASH_SHIFT)
/** What unpacking says of bytes that are nothing packing wrote, or more than there is room for. */
export const LZ_DAMAGED = 0xffffffff

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

/** Packs `length` bytes of `bytes` at `from` to `to`; returns how many bytes they become, 0 if more than `limit`. */
export function lzPack(bytes: Uint8Array, from: number, length: number, to: number, limit: number): number {
  const table = new Uint32Array(LZ_TABLE_BYTES / 4)
  const end = from + length
  const outEnd = to + limit
  let at = to
  let anchor = from
  const put = (literals: number, match: number, offset: number): boolean => {
    const rests = Math.floor(literals / 255) + (match < 0 ? 2 : Math.floor(match / 255) + 8)
    if (at + literals + rests > outEnd) return false
    bytes[at++] = (Math.min(literals, 15) << 4) | (match < 0 ? 0 : Math.min(match, 15))
    if (literals >= 15) putRest(literals - 15)
    bytes.copyWithin(at, anchor, anchor + literals)
    at += literals
    if (match < 0) return true
    bytes[at++] = offset & 255
    bytes[at++] = offset >>> 8
    if (match >= 15) putRest(match - 15)
    return true
  }
  const putRest = (rest: number): void => {
    let left = rest
    for (; left >= 255; left -= 255) bytes[at++] = 255
    bytes[at++] = left
  }
  const hash = (place: number): number => Math.imul(wordAt(bytes, place), 2654435761 | 0) >>> HASH_SHIFT
  const last = end - MATCH_MARGIN
  for (let next = from + 1; length > MATCH_MARGIN; ) {
    let searches = 1 << 6
    let found = 0
    let match = 0
    for (;;) {
      found = next
      if (found > last) break
      next += searches++ >> 6
      const cell = hash(found)
      match = from + (table[cell] ?? 0)
      table[cell] = found - from
      if (found - match <= OFFSET_MAX && wordAt(bytes, match) === wordAt(bytes, found)) break
    }
    if (found > last) break
    while (found > anchor && match > from && bytes[found - 1] === bytes[match - 1]) {
      found--
      match--
    }
    let stop = found + MATCH_MIN
    while (stop < end - LAST_LITERALS && bytes[stop] === bytes[match + stop - found]) stop++
    if (!put(found - anchor, stop - found - MATCH_MIN, found - match)) return 0
    anchor = stop
    if (stop > last) break
    table[hash(stop - 2)] = stop - 2 - from
    next = stop
  }
  return put(end - anchor, -1, 0) ? at - to : 0
}

/** Unpacks `length` bytes of `bytes` at `from` to `out`; returns how many they become, or LZ_DAMAGED. */
export function lzUnpack(
  bytes: Uint8Array,
  from: number,
  length: number,
  out: Uint8Array,
  to: number,
  max: number,
): number {
  const end = from + length
  let at = from
  let put = to
  const lengthOf = (nibble: number): number => {
    let sum = nibble
    for (let more = 255; nibble === 15 && more === 255; sum += more) more = bytes[at++] ?? 0
    return sum
  }
  while (at < end) {
    const token = bytes[at++] ?? 0
    const literals = lengthOf(token >>> 4)
    if (literals > end - at || literals > to + max - put) return LZ_DAMAGED
    for (let i = 0; i < literals; i++) out[put++] = bytes[at++] ?? 0
    if (at === end) return put - to
    if (end - at < 2) return LZ_DAMAGED
    const offset = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
    at += 2
    if (offset === 0 || offset > put - to) return LZ_DAMAGED
    const matched = lengthOf(token & 15) + MATCH_MIN
    if (at > end || matched > to + max - put) return LZ_DAMAGED
    for (let i = 0; i < matched; i++, put++) out[put] = out[put - offset] ?? 0
  }
  return LZ_DAMAGED
}
