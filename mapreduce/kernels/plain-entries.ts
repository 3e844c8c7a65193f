import { Encoder } from '../record/encode.ts'
import { kind, metaKind, metaLength } from '../record/kind.ts'
import { writeVarint } from '../record/varint.ts'
import type { Arena } from './arena.ts'
import type { Kernels } from './kernels.ts'
import { ENTRY_BYTES, entry, entryHolds, INLINE_BYTES_MAX, table } from './layout.ts'

/** A value of the greatest length, and as `gather` has it. */
const MARGIN = 12 + 28

/** `gatherEntries` in plain TypeScript. */
export function plainEntries({ bytes, u32, f64 }: Arena): Kernels['gatherEntries'] {
  const encoder = new Encoder()
  const counted = Buffer.alloc(16)

  const encode = (value: number, holds: number): number => {
    if (holds === entryHolds.keys) return encoder.value(undefined)
    if (holds === entryHolds.values) return encoder.value(value)
    const high = writeVarint(counted, 0, Math.floor(value / 0x1000000))
    return encoder.raw(kind.Partial, counted, 0, writeVarint(counted, high, value % 0x1000000))
  }

  return (state, words, from, to, out, limit, blockEnd, holds) => {
    const entries = u32[(state >>> 2) + table.entries] ?? 0
    let at = out
    let rank = from
    for (; rank < to && at < blockEnd; rank++) {
      const place = entries + ((u32[(words >>> 2) + rank * 2] ?? 0) & 0xffffff) * ENTRY_BYTES
      const meta = u32[(place + entry.meta) >>> 2] ?? 0
      const length = metaLength(meta)
      const key = length <= INLINE_BYTES_MAX ? place + entry.head : (u32[(place + entry.key) >>> 2] ?? 0)
      if (limit - at < length + MARGIN) break
      const valueKind = encode(f64[(place + entry.value) >>> 3] ?? 0, holds)
      at = writeVarint(bytes, at, length + 1)
      at = writeVarint(bytes, at, encoder.length + 1)
      bytes[at++] = metaKind(meta)
      bytes.copyWithin(at, key, key + length)
      at += length
      bytes[at++] = valueKind
      bytes.set(encoder.bytes.subarray(0, encoder.length), at)
      at += encoder.length
    }
    u32[(state >>> 2) + table.laidTo] = at
    return rank
  }
}
