import type { Arena } from '../kernels/arena.ts'
import { arenaOffset, copyBytes } from '../record/copy-bytes.ts'
import { metaKind, metaLength, packMeta } from '../record/kind.ts'
import type { RecordView } from '../record/record-stream.ts'
import { type KeyIndex, SORT_RECORDS_MAX, sortKeys } from './sort.ts'

const INDEX_BYTES = 16
const field = { key: 0, meta: 4, valueMeta: 8, partition: 12 } as const
/** Index entry and sort word. */
const OVERHEAD_BYTES = INDEX_BYTES + 8

/**
 * Collects encoded records until they are sorted and spilled. Payloads grow from the bottom of its region, the index
 * from the top, and the room between them is kept large enough for the words the sort needs.
 *
 *   index entry := key position u32 | key meta u32 | value meta u32 | partition u32      (the value follows its key)
 */
export class RecordBuffer {
  count = 0
  private readonly arena: Arena
  private readonly bottom: number
  private readonly top: number
  private used: number
  private readonly arenaAt: number

  constructor(arena: Arena, at: number, byteLength: number) {
    this.arena = arena
    this.bottom = at
    this.top = Math.floor((at + byteLength) / 16) * 16
    this.used = at
    this.arenaAt = arenaOffset(arena.bytes)
  }

  get empty(): boolean {
    return this.count === 0
  }

  /** Whether a record with this much payload fits; a buffer that is empty and says no never will. */
  fits(payload: number): boolean {
    const room = this.top - this.used - (this.count + 1) * OVERHEAD_BYTES - 16
    return payload <= room && this.count < SORT_RECORDS_MAX
  }

  /** Copies a record in; `fits` has been asked. */
  append(
    key: Uint8Array,
    keyKind: number,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueKind: number,
    valueStart: number,
    valueEnd: number,
    partition: number,
  ): void {
    const { bytes, u32 } = this.arena
    const keyLength = keyEnd - keyStart
    const valueLength = valueEnd - valueStart
    const at = this.used
    copyBytes(key, keyStart, keyEnd, bytes, at, this.arenaAt)
    copyBytes(value, valueStart, valueEnd, bytes, at + keyLength, this.arenaAt)
    this.used = at + keyLength + valueLength
    this.count++
    const entry = (this.top - this.count * INDEX_BYTES) >>> 2
    u32[entry] = at
    u32[entry + 1] = packMeta(keyKind, keyLength)
    u32[entry + 2] = packMeta(valueKind, valueLength)
    u32[entry + 3] = partition
  }

  partitionOf(i: number): number {
    return this.arena.u32[this.entry(i) + field.partition / 4] ?? 0
  }

  /** Sorts by (partition, key), equal keys in the order they came; returns rank -> record. */
  sort(partitionBits: number): (rank: number) => number {
    const index: KeyIndex = {
      count: this.count,
      base: this.top - INDEX_BYTES,
      stride: -INDEX_BYTES,
      keyField: field.key,
      metaField: field.meta,
      inlineBytesMax: -1,
      inlineField: 0,
    }
    const words = Math.ceil(this.used / 8) * 8
    return sortKeys(this.arena, index, words, partitionBits, partitionBits > 0 ? (i) => this.partitionOf(i) : undefined)
  }

  /** By partition alone, in each the order in which they came; returns rank -> record. */
  group(partitions: number): (rank: number) => number {
    if (partitions === 1) return (rank) => rank
    const { u32 } = this.arena
    const starts = new Uint32Array(partitions + 1)
    for (let i = 0; i < this.count; i++) {
      const after = this.partitionOf(i) + 1
      starts[after] = (starts[after] ?? 0) + 1
    }
    for (let p = 1; p <= partitions; p++) starts[p] = (starts[p] ?? 0) + (starts[p - 1] ?? 0)
    const ranks = Math.ceil(this.used / 8) * 2
    for (let i = 0; i < this.count; i++) {
      const partition = this.partitionOf(i)
      const rank = starts[partition] ?? 0
      starts[partition] = rank + 1
      u32[ranks + rank] = i
    }
    return (rank) => u32[ranks + rank] ?? 0
  }

  /** Brings a record nearer to the processor. */
  touch(i: number): number {
    const { u32, bytes } = this.arena
    const entry = this.entry(i)
    const at = u32[entry] ?? 0
    // A record mostly lies in two cache lines, or a few.
    return (bytes[at] ?? 0) ^ (bytes[at + metaLength(u32[entry + 1] ?? 0)] ?? 0)
  }

  viewOf(i: number, view: RecordView): void {
    const { u32, bytes } = this.arena
    const entry = this.entry(i)
    const key = u32[entry] ?? 0
    const meta = u32[entry + 1] ?? 0
    const valueMeta = u32[entry + 2] ?? 0
    const keyEnd = key + metaLength(meta)
    view.keyBytes = bytes
    view.keyKind = metaKind(meta)
    view.keyStart = key
    view.keyEnd = keyEnd
    view.valueBytes = bytes
    view.valueKind = metaKind(valueMeta)
    view.valueStart = keyEnd
    view.valueEnd = keyEnd + metaLength(valueMeta)
  }

  clear(): void {
    this.count = 0
    this.used = this.bottom
  }

  private entry(i: number): number {
    return (this.top - (i + 1) * INDEX_BYTES) >>> 2
  }
}
