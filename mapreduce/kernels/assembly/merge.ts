/**
 * The merge of runs: a loser tree over cursors, each of which stands on a record of a block. Meaning and layout are those
 * of kernels/kernels.ts and kernels/layout.ts; kernels/plain-merge.ts is the reference.
 */

import { copyOver } from './copy'

const MERGE_CURSORS: usize = 0
const MERGE_TREE: usize = 4
const MERGE_COUNT: usize = 8
const MERGE_WANTS: usize = 12
const MERGE_STATUS: usize = 16

const CURSOR_SHIFT: usize = 6
const CURSOR_AT: usize = 8
const CURSOR_END: usize = 12
const CURSOR_RECORD: usize = 16
const CURSOR_KEY: usize = 20
const CURSOR_META: usize = 24
const CURSOR_VALUE: usize = 28
const CURSOR_VALUE_META: usize = 32
const CURSOR_LIVE: usize = 36

const TEXT_SHIFT: usize = 4

const STATUS_MORE: u32 = 0
const STATUS_BLOCK: u32 = 1
const STATUS_DAMAGED: u32 = 2
const STATUS_OVER: u32 = 3

let varintEnd: usize = 0

// @ts-ignore: decorator
@inline
function varint(at: usize): u32 {
  let byte: u32 = load<u8>(at)
  if (byte < 128) {
    varintEnd = at + 1
    return byte
  }
  let value = byte & 127
  let shift: u32 = 7
  do {
    byte = load<u8>(++at)
    value |= (byte & 127) << shift
    shift += 7
  } while (byte >= 128 && shift < 35)
  varintEnd = at + 1
  return value
}

/** Moves a cursor to the record at its `at`; false when it runs over the block. */
// @ts-ignore: decorator
@inline
function decode(cursor: usize): bool {
  const record: usize = load<u32>(cursor, CURSOR_AT)
  const keyLength = varint(record)
  const valueLength = varint(varintEnd)
  const key = varintEnd
  const end = <u64>key + <u64>keyLength + <u64>valueLength
  if (keyLength < 1 || valueLength < 1 || end > <u64>load<u32>(cursor, CURSOR_END)) return false
  const value = key + <usize>keyLength
  let prefix = bswap<u64>(load<u64>(key))
  if (keyLength < 8) prefix &= ~((<u64>0xffffffffffffffff) >> (<u64>keyLength << 3))
  store<u64>(cursor, prefix)
  store<u32>(cursor, <u32>record, CURSOR_RECORD)
  store<u32>(cursor, <u32>key + 1, CURSOR_KEY)
  store<u32>(cursor, (<u32>load<u8>(key) << 27) | (keyLength - 1), CURSOR_META)
  store<u32>(cursor, <u32>value + 1, CURSOR_VALUE)
  store<u32>(cursor, (<u32>load<u8>(value) << 27) | (valueLength - 1), CURSOR_VALUE_META)
  store<u32>(cursor, <u32>end, CURSOR_AT)
  return true
}

/** Keys whose first eight bytes are the same. */
function beforeLong(a: usize, b: usize): bool {
  const aLength = load<u32>(a, CURSOR_META) & 0x7ffffff
  const bLength = load<u32>(b, CURSOR_META) & 0x7ffffff
  const both = min(aLength, bLength)
  const x: usize = load<u32>(a, CURSOR_KEY)
  const y: usize = load<u32>(b, CURSOR_KEY)
  let i: u32 = 7
  for (; i + 8 <= both; i += 8) {
    const left = load<u64>(x + i)
    const right = load<u64>(y + i)
    if (left != right) return bswap<u64>(left) < bswap<u64>(right)
  }
  for (; i < both; i++) {
    const left = load<u8>(x + i)
    const right = load<u8>(y + i)
    if (left != right) return left < right
  }
  if (aLength != bLength) return aLength < bLength
  return a < b
}

// @ts-ignore: decorator
@inline
function before(a: usize, b: usize): bool {
  if (load<u32>(a, CURSOR_LIVE) == 0) return false
  if (load<u32>(b, CURSOR_LIVE) == 0) return true
  const left = load<u64>(a)
  const right = load<u64>(b)
  return left != right ? left < right : beforeLong(a, b)
}

/** Plays the matches on the way from a leaf to the root; returns the winner of all. */
// @ts-ignore: decorator
@inline
function replay(cursors: usize, tree: usize, count: u32, from: u32): u32 {
  let winner = from
  let best = cursors + (<usize>winner << CURSOR_SHIFT)
  for (let node = (from + count) >>> 1; node > 0; node >>>= 1) {
    const place = tree + (<usize>node << 2)
    const rival = load<u32>(place)
    const other = cursors + (<usize>rival << CURSOR_SHIFT)
    if (before(other, best)) {
      store<u32>(place, winner)
      winner = rival
      best = other
    }
  }
  store<u32>(tree, winner)
  return winner
}

/** Plays all matches below `node`. */
function play(cursors: usize, tree: usize, count: u32, node: u32): u32 {
  if (node >= count) return node - count
  const left = play(cursors, tree, count, node * 2)
  const right = play(cursors, tree, count, node * 2 + 1)
  const wins = before(cursors + (<usize>left << CURSOR_SHIFT), cursors + (<usize>right << CURSOR_SHIFT))
  store<u32>(tree + (<usize>node << 2), wins ? right : left)
  return wins ? left : right
}

export function mergeStart(state: usize): u32 {
  const cursors: usize = load<u32>(state, MERGE_CURSORS)
  const tree: usize = load<u32>(state, MERGE_TREE)
  const count = load<u32>(state, MERGE_COUNT)
  for (let i: u32 = 0; i < count; i++) {
    const cursor = cursors + (<usize>i << CURSOR_SHIFT)
    if (load<u32>(cursor, CURSOR_LIVE) != 0 && !decode(cursor)) {
      store<u32>(state, i, MERGE_WANTS)
      return STATUS_DAMAGED
    }
  }
  store<u32>(tree, play(cursors, tree, count, 1))
  return STATUS_MORE
}

export function mergeResume(state: usize): u32 {
  const cursors: usize = load<u32>(state, MERGE_CURSORS)
  const wants = load<u32>(state, MERGE_WANTS)
  const cursor = cursors + (<usize>wants << CURSOR_SHIFT)
  if (load<u32>(cursor, CURSOR_LIVE) != 0 && !decode(cursor)) return STATUS_DAMAGED
  replay(cursors, load<u32>(state, MERGE_TREE), load<u32>(state, MERGE_COUNT), wants)
  return STATUS_MORE
}

export function merge(state: usize, out: usize, most: u32): u32 {
  const cursors: usize = load<u32>(state, MERGE_CURSORS)
  const tree: usize = load<u32>(state, MERGE_TREE)
  const count = load<u32>(state, MERGE_COUNT)
  let winner = load<u32>(tree)
  let status = STATUS_MORE
  let found: u32 = 0
  while (found < most) {
    const cursor = cursors + (<usize>winner << CURSOR_SHIFT)
    if (load<u32>(cursor, CURSOR_LIVE) == 0) {
      status = STATUS_OVER
      break
    }
    const record = out + (<usize>found << TEXT_SHIFT)
    v128.store(record, v128.load(cursor + CURSOR_KEY))
    found++
    if (load<u32>(cursor, CURSOR_AT) == load<u32>(cursor, CURSOR_END)) {
      status = STATUS_BLOCK
      break
    }
    if (!decode(cursor)) {
      status = STATUS_DAMAGED
      break
    }
    winner = replay(cursors, tree, count, winner)
  }
  store<u32>(state, winner, MERGE_WANTS)
  store<u32>(state, status, MERGE_STATUS)
  return found
}

export function lay(
  records: usize,
  from: u32,
  to: u32,
  out: usize,
  limit: usize,
  text: u32,
  keys: u32,
  endAt: usize,
): u32 {
  let noRoom: u32 = 0
  let i = from
  for (; i < to; i++) {
    const record = records + (<usize>i << TEXT_SHIFT)
    const meta = load<u32>(record, 4)
    const valueMeta = load<u32>(record, 12)
    const length = meta & 0x7ffffff
    const valueLength = valueMeta & 0x7ffffff
    if (<i64>(limit - out) < <i64>length + <i64>valueLength + 18) {
      noRoom = 1
      break
    }
    const absent = valueMeta >>> 27 == 0
    if (!absent && valueMeta >>> 27 != text) break
    if (absent || keys != 0) {
      if (meta >>> 27 != text) break
      copyOver(out, load<u32>(record), length)
      out += length
      if (!absent) store<u8>(out++, 9)
    }
    if (!absent) {
      copyOver(out, load<u32>(record, 8), valueLength)
      out += valueLength
    }
    store<u8>(out++, 10)
  }
  store<u32>(endAt, <u32>out)
  store<u32>(endAt, noRoom, 4)
  return i
}
