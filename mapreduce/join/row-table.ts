import type { BroadcastTable } from '../master/task.ts'
import { copyBytes } from '../record/copy-bytes.ts'
import { hashKey } from '../record/hash.ts'
import { metaKind, metaLength, packMeta } from '../record/kind.ts'
import type { RecordView } from '../record/record-stream.ts'

/** Memory as bytes and as words, from the same beginning. */
export interface TableMemory {
  readonly bytes: Buffer
  readonly u32: Uint32Array
}

const ROW_WORDS = 4
const SLOT_WORDS = 4

/**
 * Encoded rows in a hash table by key: no object for a row, nothing decoded. Rows are appended in order; `seal` then
 * lays the slots behind them.
 *
 *   table := row* slot*
 *   row   := next u32 | slot u32 | key meta u32 | value meta u32 | key | value | padding to 4
 *   slot  := hash u32 | first row u32 | last row u32 | matched u32      open addressing, at most two thirds full
 *
 * `next` chains the rows of one key in the order they came; positions are bytes in the memory, 0 is none. Until the table
 * is sealed, `slot` of a row holds its hash.
 */
export class RowTable {
  rows = 0
  /** The value of the row last looked at. */
  valueKind = 0
  valueStart = 0
  valueEnd = 0
  readonly bytes: Buffer
  private readonly u32: Uint32Array
  private readonly from: number
  private readonly to: number
  private used: number
  private slotsAt = 0
  private slotMask = 0

  /** `from` is above 0, both are multiples of 16. */
  constructor(memory: TableMemory, from: number, to: number) {
    this.bytes = memory.bytes
    this.u32 = memory.u32
    this.from = from
    this.to = to
    this.used = from
  }

  /** The table another thread has filled. */
  static of({ memory, rows, slotsAt, slots }: BroadcastTable): RowTable {
    const table = new RowTable({ bytes: Buffer.from(memory), u32: new Uint32Array(memory) }, 16, memory.byteLength)
    table.rows = rows
    table.used = slotsAt
    table.slotsAt = slotsAt
    table.slotMask = slots - 1
    return table
  }

  /** A table of its own for a row that is larger than the memory for tables. */
  static ofOne(view: RecordView): RowTable {
    const { keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd } = view
    const byteLength = 256 + ((keyEnd - keyStart + valueEnd - valueStart + 15) & ~15)
    const bytes = Buffer.from(new ArrayBuffer(byteLength))
    const table = new RowTable({ bytes, u32: new Uint32Array(bytes.buffer) }, 16, byteLength)
    table.append(keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd)
    table.seal()
    return table
  }

  clear(): void {
    this.rows = 0
    this.used = this.from
  }

  /** False when the row does not fit, with the slots all rows need. */
  append(
    key: Uint8Array,
    keyKind: number,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueKind: number,
    valueStart: number,
    valueEnd: number,
  ): boolean {
    const payload = keyEnd - keyStart + valueEnd - valueStart
    const end = this.used + ROW_WORDS * 4 + ((payload + 3) & ~3)
    if (end + 16 + slotsFor(this.rows + 1) * SLOT_WORDS * 4 > this.to) return false
    const { u32 } = this
    const word = this.used >>> 2
    u32[word] = 0
    u32[word + 1] = hashKey(key, keyKind, keyStart, keyEnd)
    u32[word + 2] = packMeta(keyKind, keyEnd - keyStart)
    u32[word + 3] = packMeta(valueKind, valueEnd - valueStart)
    const at = this.used + ROW_WORDS * 4
    copyBytes(key, keyStart, keyEnd, this.bytes, at)
    copyBytes(value, valueStart, valueEnd, this.bytes, at + keyEnd - keyStart)
    this.used = end
    this.rows++
    return true
  }

  /** After the last row, before the first look. */
  seal(): void {
    const { u32 } = this
    const slots = slotsFor(this.rows)
    this.slotsAt = (this.used + 15) & ~15
    this.slotMask = slots - 1
    u32.fill(0, this.slotsAt >>> 2, (this.slotsAt >>> 2) + slots * SLOT_WORDS)
    for (let row = this.from; row < this.used; row = this.after(row)) {
      const word = row >>> 2
      const hash = u32[word + 1] ?? 0
      const key = row + ROW_WORDS * 4
      const meta = u32[word + 2] ?? 0
      const slot = this.slotOf(hash, this.bytes, metaKind(meta), key, key + metaLength(meta))
      if (u32[slot + 1] === 0) {
        u32[slot] = hash
        u32[slot + 1] = row
      } else u32[(u32[slot + 2] ?? 0) >>> 2] = row
      u32[slot + 2] = row
      u32[word + 1] = slot
    }
  }

  /** What `RowTable.of` takes; `memory` is what the table was laid out in. */
  describe(memory: SharedArrayBuffer): BroadcastTable {
    return { memory, rows: this.rows, slotsAt: this.slotsAt, slots: this.slotMask + 1 }
  }

  /** The first row of a key, 0 for none. */
  find(key: Uint8Array, keyKind: number, start: number, end: number): number {
    return this.u32[this.slotOf(hashKey(key, keyKind, start, end), key, keyKind, start, end) + 1] ?? 0
  }

  /** The next row of the same key, 0 for none. */
  next(row: number): number {
    return this.u32[row >>> 2] ?? 0
  }

  /** Makes `row` the one whose value is shown. */
  look(row: number): void {
    const word = row >>> 2
    const meta = this.u32[word + 3] ?? 0
    this.valueKind = metaKind(meta)
    this.valueStart = row + ROW_WORDS * 4 + metaLength(this.u32[word + 2] ?? 0)
    this.valueEnd = this.valueStart + metaLength(meta)
  }

  /** Remembers that the key of a row has been found. Not for a table that threads share. */
  match(row: number): void {
    this.u32[(this.u32[(row >>> 2) + 1] ?? 0) + 3] = 1
  }

  matched(row: number): boolean {
    return this.u32[(this.u32[(row >>> 2) + 1] ?? 0) + 3] === 1
  }

  /** All rows in the order they came: from `first`, until `after` gives `end`. */
  get first(): number {
    return this.from
  }

  get end(): number {
    return this.used
  }

  after(row: number): number {
    const word = row >>> 2
    const payload = metaLength(this.u32[word + 2] ?? 0) + metaLength(this.u32[word + 3] ?? 0)
    return row + ROW_WORDS * 4 + ((payload + 3) & ~3)
  }

  keyKind(row: number): number {
    return metaKind(this.u32[(row >>> 2) + 2] ?? 0)
  }

  keyStart(row: number): number {
    return row + ROW_WORDS * 4
  }

  keyEnd(row: number): number {
    return row + ROW_WORDS * 4 + metaLength(this.u32[(row >>> 2) + 2] ?? 0)
  }

  /** The slot of a key, as a position in words: its own, or the empty one where it would be. */
  private slotOf(hash: number, key: Uint8Array, keyKind: number, start: number, end: number): number {
    const { u32, bytes, slotMask } = this
    const base = this.slotsAt >>> 2
    const meta = packMeta(keyKind, end - start)
    for (let i = hash & slotMask; ; i = (i + 1) & slotMask) {
      const slot = base + i * SLOT_WORDS
      const row = u32[slot + 1] ?? 0
      if (row === 0) return slot
      if (u32[slot] !== hash || u32[(row >>> 2) + 2] !== meta) continue
      let at = row + ROW_WORDS * 4
      let i2 = start
      while (i2 < end && bytes[at] === key[i2]) {
        at++
        i2++
      }
      if (i2 === end) return slot
    }
  }
}

/** A power of two, half as many again as the rows at least. */
function slotsFor(rows: number): number {
  const least = Math.max(2, Math.ceil(rows * 1.5))
  return 2 ** (32 - Math.clz32(least - 1))
}
