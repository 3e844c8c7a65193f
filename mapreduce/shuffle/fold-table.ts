import type { Arena } from '../kernels/arena.ts'
import type { Kernels } from '../kernels/kernels.ts'
import {
  CELL_BYTES,
  cell,
  ENTRY_BYTES,
  entry,
  type FoldOperation,
  foldOperation,
  INLINE_BYTES_MAX,
  RECORDS_MAX,
  SLOT_BYTES,
  stopped,
  TABLE_BYTES,
  table,
} from '../kernels/layout.ts'
import { partitionOf } from '../record/hash.ts'
import { kind, metaKind, metaLength } from '../record/kind.ts'
import { bitsOf } from './partitioner.ts'
import { type PartitionKey, sortKeys } from './sort.ts'

const SLOTS_MIN = 1024
/** Entries a slot: above 5/8 full, probes get long. */
const LOAD = 5 / 8
/** Slots, entries and sort words of a full table, a slot. */
const BYTES_A_SLOT = SLOT_BYTES + LOAD * (ENTRY_BYTES + 8)

/**
 * The combine table: open addressing over typed memory, one entry a distinct key with its folded number. It starts
 * small enough for the cache and grows inside its region; when the region is full its entries are spilled in order.
 */
export class FoldTable {
  private readonly arena: Arena
  private readonly kernels: Kernels
  private readonly state: number
  private readonly slots: number
  private readonly entries: number
  private readonly keys: number
  private readonly keysMax: number
  private readonly slotsMax: number
  private readonly words: number
  private readonly operation: number
  /** Where the cells of statistics lie; 0 for every other operation. */
  private readonly cells: number

  constructor(arena: Arena, kernels: Kernels, operation: FoldOperation, byteLength: number) {
    this.arena = arena
    this.kernels = kernels
    this.operation = foldOperation[operation]
    this.state = arena.reserve(TABLE_BYTES)
    const region = byteLength - TABLE_BYTES
    const cellBytes = operation === 'stats' ? CELL_BYTES : 0
    const slotBytes = BYTES_A_SLOT + LOAD * cellBytes
    let slots = SLOTS_MIN
    // A good part of that again for the bytes of long keys.
    while (slots * 2 * slotBytes * 1.3 <= region && slots * 2 * LOAD < RECORDS_MAX) slots *= 2
    const entriesMax = Math.floor(slots * LOAD)
    this.slotsMax = slots
    this.slots = arena.reserve(slots * SLOT_BYTES)
    this.entries = arena.reserve(entriesMax * ENTRY_BYTES)
    this.words = arena.reserve(entriesMax * 8)
    this.cells = cellBytes === 0 ? 0 : arena.reserve(entriesMax * cellBytes)
    this.keysMax = Math.max(4096, Math.floor(region - slots * slotBytes - 512))
    this.keys = arena.reserve(this.keysMax)
    this.clear()
  }

  get count(): number {
    return this.arena.u32[(this.state >>> 2) + table.count] ?? 0
  }

  /** The longest key it should be asked to hold: a few of these must not fill it. */
  get keyBytesMax(): number {
    return Math.min(16384, this.keysMax >>> 4)
  }

  /**
   * Folds pending records [from, to); returns the index of the first it did not take, and why in `stoppedBy`. A table
   * that could still grow has grown and gone on.
   */
  fold(pending: number, values: number, from: number, to: number): number {
    let next = from
    for (;;) {
      next = this.kernels.fold(this.state, pending, values, next, to, this.operation)
      if (next === to || this.stoppedBy !== stopped.tableFull || !this.grow()) return next
    }
  }

  /**
   * Adds one to the sum of every word in [position, limit). Returns the first it did not take, and why in `stoppedBy`; tells
   * `taken` how many it took. As `fold`, it has grown where it could.
   */
  countWords(position: number, limit: number, scratch: number, taken: (words: number) => void): number {
    let next = position
    for (;;) {
      next = this.kernels.countWords(this.state, next, limit, this.keyBytesMax, kind.Text, scratch)
      taken(this.arena.u32[(this.state >>> 2) + table.taken] ?? 0)
      if (next === limit || this.stoppedBy !== stopped.tableFull || !this.grow()) return next
    }
  }

  get stoppedBy(): number {
    return this.arena.u32[(this.state >>> 2) + table.status] ?? 0
  }

  private grow(): boolean {
    const { u32 } = this.arena
    const at = this.state >>> 2
    const slots = (u32[at + table.slotMask] ?? 0) + 1
    if (slots >= this.slotsMax) return false
    this.setSlots(Math.min(this.slotsMax, slots * 4))
    this.kernels.rehash(this.state)
    return true
  }

  /**
   * Sorts by (partition, key); returns rank -> entry. `partitionAt` maps an entry to its partition; undefined: by the key's
   * hash. The slots serve the sort as scratch: what follows is `clear`.
   */
  sort(partitions: number, partitionAt?: (i: number) => number): (rank: number) => number {
    const bits = bitsOf(partitions)
    const index = {
      count: this.count,
      base: this.entries,
      stride: ENTRY_BYTES,
      keyField: entry.key,
      metaField: entry.meta,
      inlineBytesMax: INLINE_BYTES_MAX,
      inlineField: entry.head,
    }
    const byHash = { bits, field: entry.hash, hashed: partitions }
    const partition: PartitionKey =
      bits === 0 ? { bits: 0 } : partitionAt === undefined ? byHash : { bits, at: partitionAt }
    const scratch = { at: this.slots, bytes: this.slotsMax * SLOT_BYTES }
    return sortKeys(this.arena, this.kernels, index, this.words, partition, scratch)
  }

  /** How many entries each partition has, by the keys' hashes. */
  counts(partitions: number): Uint32Array {
    const counts = new Uint32Array(partitions)
    for (let i = 0; i < this.count; i++) {
      const partition = partitionOf(this.hashOf(i), partitions)
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    return counts
  }

  /** As `RecordBuffer.layOut`; `holds` as kernels/layout.ts has it. */
  layOut(from: number, to: number, at: number, limit: number, blockEnd: number, holds: number): number {
    return this.kernels.gatherEntries(this.state, this.words, from, to, at, limit, blockEnd, holds)
  }

  get laidTo(): number {
    return this.arena.u32[(this.state >>> 2) + table.laidTo] ?? 0
  }

  /** What keys lie in. */
  get bytes(): Buffer {
    return this.arena.bytes
  }

  hashOf(i: number): number {
    return this.arena.u32[(this.entries + i * ENTRY_BYTES + entry.hash) >>> 2] ?? 0
  }

  keyKindOf(i: number): number {
    return metaKind(this.arena.u32[(this.entries + i * ENTRY_BYTES + entry.meta) >>> 2] ?? 0)
  }

  keyStartOf(i: number): number {
    const at = this.entries + i * ENTRY_BYTES
    return this.keyLengthOf(i) <= INLINE_BYTES_MAX ? at + entry.head : (this.arena.u32[(at + entry.key) >>> 2] ?? 0)
  }

  keyLengthOf(i: number): number {
    return metaLength(this.arena.u32[(this.entries + i * ENTRY_BYTES + entry.meta) >>> 2] ?? 0)
  }

  valueOf(i: number): number {
    return this.arena.f64[(this.entries + i * ENTRY_BYTES + entry.value) >>> 3] ?? 0
  }

  /** What the cell of an entry holds; the sum is its value. */
  statsOf(i: number): { readonly count: number; readonly min: number; readonly max: number } {
    const { f64 } = this.arena
    const at = (this.cells + i * CELL_BYTES) >>> 3
    return {
      count: f64[at + (cell.count >>> 3)] ?? 0,
      min: f64[at + (cell.min >>> 3)] ?? 0,
      max: f64[at + (cell.max >>> 3)] ?? 0,
    }
  }

  /** Empties the table, whatever its memory was used for since. */
  clear(): void {
    const { u32 } = this.arena
    const at = this.state >>> 2
    u32[at + table.slots] = this.slots
    u32[at + table.entries] = this.entries
    u32[at + table.keys] = this.keys
    u32[at + table.keysMax] = this.keysMax
    u32[at + table.cells] = this.cells
    u32[at + table.count] = 0
    u32[at + table.keysUsed] = 0
    this.setSlots(SLOTS_MIN)
    this.kernels.rehash(this.state)
  }

  private setSlots(slots: number): void {
    const at = this.state >>> 2
    this.arena.u32[at + table.slotMask] = slots - 1
    this.arena.u32[at + table.entriesMax] = Math.floor(slots * LOAD)
  }
}
