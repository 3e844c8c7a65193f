import type { Arena } from '../kernels/arena.ts'
import { roomIn } from '../kernels/buffer-room.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { BUFFER_BYTES, buffer, INDEX_BYTES, index, RECORDS_MAX } from '../kernels/layout.ts'
import { arenaOffset, copyBytes } from '../record/copy-bytes.ts'
import { metaKind, metaLength, packMeta } from '../record/kind.ts'
import type { RecordView } from '../record/record-stream.ts'
import type { ArenaCuts } from './arena-cuts.ts'
import { rankedIn, sortKeys } from './sort.ts'

/**
 * Collects encoded records until they are sorted and spilled. Payloads grow from the bottom of its region, the index
 * (see kernels/layout.ts) from the top, and the room between them is kept large enough for the words the sort needs.
 */
export class RecordBuffer {
  private readonly arena: Arena
  private readonly kernels: Kernels
  private readonly state: number
  private readonly bottom: number
  private readonly top: number
  private readonly arenaAt: number

  /** Its region, `byteLength` bytes at `at`, holds what it needs for itself, too. */
  constructor(arena: Arena, kernels: Kernels, at: number, byteLength: number) {
    this.arena = arena
    this.kernels = kernels
    this.state = Math.ceil(at / 16) * 16
    this.bottom = this.state + BUFFER_BYTES
    this.top = Math.floor((at + byteLength) / 16) * 16
    this.arenaAt = arenaOffset(arena.bytes)
    this.clear()
  }

  get count(): number {
    return this.arena.u32[(this.state >>> 2) + buffer.count] ?? 0
  }

  private get used(): number {
    return this.arena.u32[(this.state >>> 2) + buffer.used] ?? 0
  }

  get empty(): boolean {
    return this.count === 0
  }

  /** Whether a record with this much payload fits; a buffer that is empty and says no never will. */
  fits(payload: number): boolean {
    const { count } = this
    return payload <= roomIn(this.top, this.used, count) && count < RECORDS_MAX
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
    const count = this.count + 1
    u32[(this.state >>> 2) + buffer.used] = at + keyLength + valueLength
    u32[(this.state >>> 2) + buffer.count] = count
    const entry = (this.top - count * INDEX_BYTES) >>> 2
    u32[entry] = at
    u32[entry + 1] = packMeta(keyKind, keyLength)
    u32[entry + 2] = packMeta(valueKind, valueLength)
    u32[entry + 3] = partition
  }

  /**
   * Copies pending texts [from, to) in, see kernels/layout.ts; returns the first for which there was no room.
   */
  appendTexts(pending: number, from: number, to: number, partitions: number, cuts: ArenaCuts): number {
    return this.kernels.append(this.state, pending, from, to, partitions, cuts.at, cuts.count)
  }

  /** How many records each partition has. */
  counts(partitions: number): Uint32Array {
    const { u32 } = this.arena
    const counts = new Uint32Array(partitions)
    const lowest = (this.top - this.count * INDEX_BYTES + index.partition) >>> 2
    for (let at = lowest; at < this.top >>> 2; at += INDEX_BYTES / 4) {
      const partition = u32[at] ?? 0
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    return counts
  }

  /** Sorts by (partition, key), equal keys in the order they came; returns rank -> record. */
  sort(partitionBits: number): (rank: number) => number {
    const { count, words } = this
    const fields = {
      count,
      base: this.top - INDEX_BYTES,
      stride: -INDEX_BYTES,
      keyField: index.key,
      metaField: index.meta,
      inlineBytesMax: -1,
      inlineField: 0,
    }
    const partition = partitionBits > 0 ? { bits: partitionBits, field: index.partition } : ({ bits: 0 } as const)
    const free = words + count * 8
    const scratch = { at: free, bytes: this.top - count * INDEX_BYTES - free }
    return sortKeys(this.arena, this.kernels, fields, words, partition, scratch)
  }

  /** By partition alone, in each the order in which they came; returns rank -> record. */
  group(partitions: number): (rank: number) => number {
    const { u32 } = this.arena
    const { words } = this
    const counts = this.counts(partitions)
    const next = new Uint32Array(partitions)
    for (let p = 1; p < partitions; p++) next[p] = (next[p - 1] ?? 0) + (counts[p - 1] ?? 0)
    for (let i = 0; i < this.count; i++) {
      const partition = u32[this.entry(i) + index.partition / 4] ?? 0
      const rank = next[partition] ?? 0
      next[partition] = rank + 1
      u32[(words >>> 2) + rank * 2] = i
    }
    return rankedIn(this.arena, words)
  }

  /**
   * Lays out the records of ranks [from, to), of what was sorted or grouped last, as they stand in a run, up to the one
   * that reaches `blockEnd`; addresses are of the arena. Returns the first rank that was not laid out for want of room or
   * because the block is full; where it ended is `laidTo`.
   */
  layOut(from: number, to: number, at: number, limit: number, blockEnd: number): number {
    return this.kernels.gather(this.state, this.words, from, to, at, limit, blockEnd)
  }

  get laidTo(): number {
    return this.arena.u32[(this.state >>> 2) + buffer.end] ?? 0
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

  /** Empties the buffer, whatever its memory was used for since. */
  clear(): void {
    const at = this.state >>> 2
    const { u32 } = this.arena
    u32[at + buffer.used] = this.bottom
    u32[at + buffer.count] = 0
    u32[at + buffer.top] = this.top
  }

  /** Where the sort's words lie: behind the payloads. */
  private get words(): number {
    return Math.ceil(this.used / 8) * 8
  }

  private entry(i: number): number {
    return (this.top - (i + 1) * INDEX_BYTES) >>> 2
  }
}
