import { hashKey, partitionOf } from '../record/hash.ts'
import { metaKind, metaLength } from '../record/kind.ts'
import { writeVarint } from '../record/varint.ts'
import type { Arena } from './arena.ts'
import { roomIn } from './buffer-room.ts'
import type { Kernels } from './kernels.ts'
import { buffer, CUT_BYTES, INDEX_BYTES, index, RECORDS_MAX, TEXT_BYTES } from './layout.ts'

/** Two lengths, two kinds, and the steps of sixteen in which the other twin copies. */
const GATHER_MARGIN = 28

/** The kernels of the record buffer in plain TypeScript. */
export function plainRecords({
  bytes,
  u32,
  memory,
}: Arena): Pick<Kernels, 'agree' | 'append' | 'pack' | 'radix' | 'ties' | 'gather' | 'merging'> {
  /** Whether a cut lies above a key, as in `rangeOf` of shuffle/range.ts. */
  function isAbove(cut: number, meta: number, start: number): boolean {
    const cutMeta = u32[(cut >>> 2) + 3] ?? 0
    if (metaKind(cutMeta) !== metaKind(meta)) return metaKind(cutMeta) > metaKind(meta)
    const key = u32[(cut >>> 2) + 2] ?? 0
    return bytes.compare(bytes, start, start + metaLength(meta), key, key + metaLength(cutMeta)) > 0
  }

  return {
    merging: undefined,

    append(state, pending, from, to, partitions, cuts, cutCount) {
      const at = state >>> 2
      const top = u32[at + buffer.top] ?? 0
      let used = u32[at + buffer.used] ?? 0
      let count = u32[at + buffer.count] ?? 0
      let i = from
      for (; i < to; i++) {
        const record = (pending + i * TEXT_BYTES) >>> 2
        const start = u32[record] ?? 0
        const meta = u32[record + 1] ?? 0
        const value = u32[record + 2] ?? 0
        const valueMeta = u32[record + 3] ?? 0
        const length = metaLength(meta)
        const valueLength = metaLength(valueMeta)
        if (length + valueLength > roomIn(top, used, count) || count === RECORDS_MAX) break
        let partition = 0
        if (cuts !== 0) while (partition < cutCount && !isAbove(cuts + partition * CUT_BYTES, meta, start)) partition++
        else if (partitions > 1) {
          partition = partitionOf(hashKey(bytes, metaKind(meta), start, start + length), partitions)
        }
        bytes.copyWithin(used, start, start + length)
        bytes.copyWithin(used + length, value, value + valueLength)
        count++
        const entry = (top - count * INDEX_BYTES) >>> 2
        u32[entry + index.key / 4] = used
        u32[entry + index.meta / 4] = meta
        u32[entry + index.valueMeta / 4] = valueMeta
        u32[entry + index.partition / 4] = partition
        used += length + valueLength
      }
      u32[at + buffer.used] = used
      u32[at + buffer.count] = count
      return i
    },

    agree({ count, base, stride, keyField, metaField, inlineBytesMax, inlineField }) {
      const keyAt = (entry: number): number =>
        metaLength(u32[(entry + metaField) >>> 2] ?? 0) <= inlineBytesMax
          ? entry + inlineField
          : (u32[(entry + keyField) >>> 2] ?? 0)
      const firstMeta = u32[(base + metaField) >>> 2] ?? 0
      const first = keyAt(base)
      let agreed = metaLength(firstMeta)
      for (let i = 1; i < count; i++) {
        const entry = base + i * stride
        const meta = u32[(entry + metaField) >>> 2] ?? 0
        if (metaKind(meta) !== metaKind(firstMeta)) return -1
        const key = keyAt(entry)
        agreed = Math.min(agreed, metaLength(meta))
        let same = 0
        while (same < agreed && bytes[first + same] === bytes[key + same]) same++
        agreed = same
      }
      return agreed
    },

    pack(
      words,
      { count, base, stride, keyField, metaField, inlineBytesMax, inlineField },
      depth,
      bits,
      partitionField,
      hashed,
    ) {
      for (let i = 0; i < count; i++) {
        const entry = base + i * stride
        const meta = u32[(entry + metaField) >>> 2] ?? 0
        const length = metaLength(meta)
        const key = length <= inlineBytesMax ? entry + inlineField : (u32[(entry + keyField) >>> 2] ?? 0)
        let prefix = 0n
        for (let d = depth; d < depth + 5; d++) {
          const byte = d > length ? 0 : d === 0 ? metaKind(meta) : (bytes[key + d - 1] ?? 0)
          prefix = (prefix << 8n) | BigInt(byte)
        }
        const found = bits === 0 ? 0 : (u32[(entry + partitionField) >>> 2] ?? 0)
        const partition = BigInt(hashed > 0 ? partitionOf(found, hashed) : found)
        const high = (partition << BigInt(40 - bits)) | (prefix >> BigInt(bits))
        u32[(words >>> 2) + i * 2] = Number(((high & 0xffn) << 24n) | BigInt(i))
        u32[(words >>> 2) + i * 2 + 1] = Number(high >> 8n)
      }
    },

    radix(words, count) {
      // Their numbers make all words different, and are in order already.
      new BigUint64Array(memory.buffer, words, count).sort()
    },

    ties(words, from, { count }) {
      // Told where the next one is, shuffle/sort.ts does the rest.
      const at = words >>> 2
      let rank = from
      const same = (a: number, b: number): boolean =>
        u32[at + a * 2 + 1] === u32[at + b * 2 + 1] && (u32[at + a * 2] ?? 0) >>> 24 === (u32[at + b * 2] ?? 0) >>> 24
      while (rank + 1 < count && !same(rank, rank + 1)) rank++
      return rank + 1 < count ? rank : count
    },

    gather(state, words, from, to, out, limit, blockEnd) {
      const top = u32[(state >>> 2) + buffer.top] ?? 0
      let at = out
      let rank = from
      for (; rank < to && at < blockEnd; rank++) {
        const entry = (top - (((u32[(words >>> 2) + rank * 2] ?? 0) & 0xffffff) + 1) * INDEX_BYTES) >>> 2
        const key = u32[entry + index.key / 4] ?? 0
        const meta = u32[entry + index.meta / 4] ?? 0
        const valueMeta = u32[entry + index.valueMeta / 4] ?? 0
        const length = metaLength(meta)
        const valueLength = metaLength(valueMeta)
        if (limit - at < length + valueLength + GATHER_MARGIN) break
        at = writeVarint(bytes, at, length + 1)
        at = writeVarint(bytes, at, valueLength + 1)
        bytes[at++] = metaKind(meta)
        bytes.copyWithin(at, key, key + length)
        at += length
        bytes[at++] = metaKind(valueMeta)
        bytes.copyWithin(at, key + length, key + length + valueLength)
        at += valueLength
      }
      u32[(state >>> 2) + buffer.end] = at
      return rank
    },
  }
}
