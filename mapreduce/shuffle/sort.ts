import type { Arena } from '../kernels/arena.ts'
import type { Kernels, KeyFields } from '../kernels/kernels.ts'
import { RADIX_COUNTS_BYTES, RADIX_MIN } from '../kernels/layout.ts'
import { metaKind, metaLength } from '../record/kind.ts'

/** Below this many records with equal prefixes, comparing beats packing again. */
const INSERTION_MAX = 12

/** How records are told apart by partition: not at all, by a u32 of their index entry or its hash, or by asking. */
export type PartitionKey =
  | { readonly bits: 0 }
  | {
      readonly bits: number
      readonly field: number /** The u32 is a hash, for so many partitions. */
      readonly hashed?: number
    }
  | { readonly bits: number; readonly at: (i: number) => number }

/** Memory of the arena for the sort to use meanwhile. */
export interface SortScratch {
  readonly at: number
  readonly bytes: number
}

/**
 * Sorts records by (partition, key), equal keys by index. Each is packed in one 64-bit word - partition and leading
 * key bytes in the high 40 bits, its index in the low 24 - which a radix sort moves, or, without scratch for it, the
 * native one; records whose packed prefixes tie are packed again further into the key. `words` (8 bytes a record, in the
 * arena) holds the result: the low 24 bits of word i are the index of the i-th record. Returns a function from rank to index.
 */
export function sortKeys(
  arena: Arena,
  kernels: Kernels,
  index: KeyFields,
  wordsAt: number,
  partition: PartitionKey,
  scratch: SortScratch,
): (rank: number) => number {
  const sorter = new KeySorter(arena, kernels, index, wordsAt)
  sorter.sort(partition, scratch)
  return rankedIn(arena, wordsAt)
}

/** The records of a row of words. */
export function rankedIn({ u32 }: Arena, wordsAt: number): (rank: number) => number {
  const low = wordsAt >>> 2
  return (rank) => (u32[low + rank * 2] ?? 0) & 0xffffff
}

class KeySorter {
  private readonly bytes: Uint8Array
  private readonly u32: Uint32Array
  private readonly kernels: Kernels
  private readonly index: KeyFields
  private readonly words: BigUint64Array
  /** Index of the first word's low half in `u32`. */
  private readonly lowAt: number
  /** What all keys begin with, the kind byte first, needs no place in the prefix. */
  private readonly firstDepth: number
  /** Stretches that still tie, as (start, end, depth). Here and not on the stack: keys may agree for megabytes. */
  private readonly ties: number[] = []

  constructor(arena: Arena, kernels: Kernels, index: KeyFields, wordsAt: number) {
    this.kernels = kernels
    this.bytes = arena.bytes
    this.u32 = arena.u32
    this.index = index
    this.words = new BigUint64Array(arena.memory.buffer, wordsAt, index.count)
    this.lowAt = wordsAt >>> 2
    this.firstDepth = index.count > 0 ? kernels.agree(index) + 1 : 0
  }

  sort(partition: PartitionKey, scratch: SortScratch): void {
    const { kernels, index } = this
    const { count } = index
    const words = this.lowAt * 4
    if ('at' in partition) {
      for (let i = 0; i < count; i++) this.pack(i, i, this.firstDepth, partition.bits, partition.at(i))
    } else {
      const { field = 0, hashed = 0 } = 'field' in partition ? partition : {}
      kernels.pack(words, index, this.firstDepth, partition.bits, field, hashed)
    }
    const aligned = Math.ceil(scratch.at / 64) * 64
    const scratchBytes = scratch.at + scratch.bytes - aligned
    if (count >= RADIX_MIN && RADIX_COUNTS_BYTES - 64 + count * 8 <= scratchBytes) kernels.radix(words, count, aligned)
    else this.words.sort()
    const depth = this.firstDepth + Math.floor((40 - partition.bits) / 8)
    for (let rank = 0; rank < count; ) {
      // Keys of more than one kind are beyond the kernel.
      if (this.firstDepth > 0) {
        rank = kernels.ties(words, rank, index, this.firstDepth - 1, aligned, Math.max(0, scratchBytes))
        if (rank === count) return
      }
      const from = rank
      rank = this.firstDepth > 0 ? this.tieEnd(from, count) : count
      this.refine(from, rank, depth)
      this.settleAll()
    }
  }

  private settleAll(): void {
    for (;;) {
      const depth = this.ties.pop()
      const end = this.ties.pop()
      const start = this.ties.pop()
      if (depth === undefined || end === undefined || start === undefined) return
      this.settle(start, end, depth)
    }
  }

  private meta(i: number): number {
    const { base, stride, metaField } = this.index
    return this.u32[(base + i * stride + metaField) >>> 2] ?? 0
  }

  private key(i: number): number {
    const { base, stride, keyField, inlineBytesMax, inlineField } = this.index
    const at = base + i * stride
    return metaLength(this.meta(i)) <= inlineBytesMax ? at + inlineField : (this.u32[(at + keyField) >>> 2] ?? 0)
  }

  private indexAt(rank: number): number {
    return (this.u32[this.lowAt + rank * 2] ?? 0) & 0xffffff
  }

  /** Writes word `rank` for record `i`: the partition and the bytes from `depth`, where depth 0 is the kind byte. */
  private pack(rank: number, i: number, depth: number, partitionBits: number, partition: number): void {
    const meta = this.meta(i)
    const key = this.key(i)
    const end = metaLength(meta) + 1
    let high = 0
    for (let d = depth; d < depth + 4; d++) {
      high = (high << 8) | (d >= end ? 0 : d === 0 ? metaKind(meta) : (this.bytes[key + d - 1] ?? 0))
    }
    const fifth = depth + 4 < end ? (this.bytes[key + depth + 3] ?? 0) : 0
    let low8 = fifth
    if (partitionBits > 0) {
      low8 =
        partitionBits <= 8
          ? ((high << (8 - partitionBits)) | (fifth >>> partitionBits)) & 255
          : (high >>> (partitionBits - 8)) & 255
      high = (partition << (32 - partitionBits)) | (high >>> partitionBits)
    }
    const at = this.lowAt + rank * 2
    this.u32[at] = ((low8 << 24) | i) >>> 0
    this.u32[at + 1] = high >>> 0
  }

  /** Every stretch of [from, to) with equal packed prefixes, whose keys so agree before `depth`, is sorted or noted. */
  private refine(from: number, to: number, depth: number): void {
    let start = from
    while (start < to) {
      const end = this.tieEnd(start, to)
      if (end - start > INSERTION_MAX) this.ties.push(start, end, depth)
      else if (end - start > 1) this.insertionSort(start, end, depth)
      start = end
    }
  }

  private tieEnd(start: number, to: number): number {
    const { u32, lowAt } = this
    const high = u32[lowAt + start * 2 + 1]
    const low8 = (u32[lowAt + start * 2] ?? 0) >>> 24
    let end = start + 1
    while (end < to && u32[lowAt + end * 2 + 1] === high && (u32[lowAt + end * 2] ?? 0) >>> 24 === low8) end++
    return end
  }

  private settle(start: number, end: number, depth: number): void {
    const first = this.indexAt(start)
    let ended = 0
    let agreed = Number.POSITIVE_INFINITY
    for (let rank = start; rank < end; rank++) {
      const i = this.indexAt(rank)
      if (metaLength(this.meta(i)) < depth) ended++
      const d = this.difference(first, i, depth)
      if (d >= 0 && d < agreed) agreed = d
    }
    // One key with many values is the common case, and already in index order.
    if (agreed === Number.POSITIVE_INFINITY) return
    if (ended > 0) {
      this.comparisonSort(start, end, depth)
      return
    }
    for (let rank = start; rank < end; rank++) this.pack(rank, this.indexAt(rank), agreed, 0, 0)
    this.words.subarray(start, end).sort()
    this.refine(start, end, agreed + 5)
  }

  /** For keys of which some are over: packing again would only add zeros to them, which others have as bytes. */
  private comparisonSort(start: number, end: number, depth: number): void {
    const all = Array.from({ length: end - start }, (_, n) => this.indexAt(start + n))
    all.sort((a, b) => this.compare(a, b, depth) || a - b)
    all.forEach((i, n) => {
      const at = this.lowAt + (start + n) * 2
      this.u32[at] = (((this.u32[at] ?? 0) & 0xff000000) | i) >>> 0
    })
  }

  private insertionSort(start: number, end: number, depth: number): void {
    const { u32, lowAt } = this
    for (let rank = start + 1; rank < end; rank++) {
      const i = this.indexAt(rank)
      let hole = rank
      while (hole > start) {
        const j = this.indexAt(hole - 1)
        const order = this.compare(j, i, depth)
        if (order < 0 || (order === 0 && j < i)) break
        const at = lowAt + hole * 2
        u32[at] = (((u32[at] ?? 0) & 0xff000000) | j) >>> 0
        hole--
      }
      const at = lowAt + hole * 2
      u32[at] = (((u32[at] ?? 0) & 0xff000000) | i) >>> 0
    }
  }

  /** The depth at which two keys that agree before `depth` part, or -1 when they are equal. */
  private difference(a: number, b: number, depth: number): number {
    if (a === b) return -1
    const { bytes } = this
    const aMeta = this.meta(a)
    const bMeta = this.meta(b)
    if (depth === 0 && metaKind(aMeta) !== metaKind(bMeta)) return 0
    const aKey = this.key(a)
    const bKey = this.key(b)
    const aLength = metaLength(aMeta)
    const bLength = metaLength(bMeta)
    const both = Math.min(aLength, bLength)
    let d = Math.max(0, depth - 1)
    while (d < both && bytes[aKey + d] === bytes[bKey + d]) d++
    return d < both || aLength !== bLength ? d + 1 : -1
  }

  /** Compares keys that agree before `depth`. */
  private compare(a: number, b: number, depth: number): number {
    const { bytes } = this
    const aMeta = this.meta(a)
    const bMeta = this.meta(b)
    if (depth === 0 && metaKind(aMeta) !== metaKind(bMeta)) return metaKind(aMeta) - metaKind(bMeta)
    const skip = Math.max(0, depth - 1)
    const aKey = this.key(a)
    const bKey = this.key(b)
    const aLength = metaLength(aMeta)
    const bLength = metaLength(bMeta)
    const both = Math.min(aLength, bLength)
    for (let d = skip; d < both; d++) {
      const difference = (bytes[aKey + d] ?? 0) - (bytes[bKey + d] ?? 0)
      if (difference !== 0) return difference
    }
    return aLength - bLength
  }
}
