import { MrError } from '../base/errors.ts'
import { copyBytes } from '../record/copy-bytes.ts'
import { hashKey } from '../record/hash.ts'
import { kind } from '../record/kind.ts'
import type { ManyValuesAggregate } from './aggregate.ts'
import { compareValues, isNegativeZero, KeptValue } from './value-order.ts'

/** Takes one encoded value. */
export type ValueSink = (bytes: Buffer, kindOfValue: number, start: number, end: number) => void

/**
 * A built-in aggregate that chooses some of a group's values, one group at a time. What it has chosen of parts of a
 * group, in any order, is chosen from again without loss, so nothing of it is ever unfinished.
 */
export interface ManyValuesFold {
  /** Holds as much as a combiner should, which may write what there is and begin anew at any time. */
  readonly full: boolean
  reset(): void
  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void
  /** Hands out the values chosen, in their order; the fold is then to be reset. */
  each(sink: ValueSink): void
}

export function createManyValuesFold(aggregate: ManyValuesAggregate): ManyValuesFold {
  if (aggregate.aggregate === 'distinct') return new DistinctFold()
  return new TopFold(aggregate.n, aggregate.aggregate === 'top' ? 1 : -1)
}

const FULL_BYTES = 1024 * 1024
/** Of the values of one key, each with what it costs to remember where it lies. */
const DISTINCT_BYTES_MAX = 64 * 1024 * 1024
const ENTRY_BYTES = 32
const ZERO = Buffer.of(0)

/** The different values of a group: a hash table of indices over values laid one behind the other. */
export class DistinctFold implements ManyValuesFold {
  private readonly bytesMax: number
  private bytes: Buffer = Buffer.allocUnsafeSlow(4096)
  private used = 0
  private count = 0
  /** Entry i lies at [ends[i - 1], ends[i]). */
  private ends = new Uint32Array(64)
  private kinds = new Uint8Array(64)
  private hashes = new Uint32Array(64)
  /** 0: free; else 1 + the entry's index. Twice the entries at least. */
  private slots = new Uint32Array(128)

  constructor(bytesMax = DISTINCT_BYTES_MAX) {
    this.bytesMax = bytesMax
  }

  get full(): boolean {
    return this.size > Math.min(FULL_BYTES, this.bytesMax / 2)
  }

  private get size(): number {
    return this.used + this.count * ENTRY_BYTES
  }

  reset(): void {
    // Most groups are small, whatever the largest was.
    if (this.count * 8 > this.slots.length) this.slots.fill(0)
    else for (let i = 0; i < this.count; i++) this.slots[this.find(i)] = 0
    this.count = 0
    this.used = 0
  }

  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    if (isNegativeZero(bytes, kindOfValue, start)) this.insert(ZERO, kind.Int, 0, 1)
    else this.insert(bytes, kindOfValue, start, end)
  }

  each(sink: ValueSink): void {
    const { bytes, kinds, ends } = this
    const startOf = (i: number): number => (i === 0 ? 0 : (ends[i - 1] ?? 0))
    const order = Array.from({ length: this.count }, (_, i) => i)
    if (this.count > 1) {
      order.sort((a, b) =>
        compareValues(bytes, kinds[a] ?? 0, startOf(a), ends[a] ?? 0, kinds[b] ?? 0, startOf(b), ends[b] ?? 0),
      )
    }
    for (const i of order) sink(bytes, kinds[i] ?? 0, startOf(i), ends[i] ?? 0)
  }

  private insert(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    const hash = hashKey(bytes, kindOfValue, start, end)
    const { slots } = this
    const mask = slots.length - 1
    let slot = hash & mask
    for (let held = slots[slot] ?? 0; held !== 0; held = slots[slot] ?? 0) {
      if (this.hashes[held - 1] === hash && this.isEntry(held - 1, bytes, kindOfValue, start, end)) return
      slot = (slot + 1) & mask
    }
    const length = end - start
    if (this.size + length + ENTRY_BYTES > this.bytesMax) throw this.tooMany()
    if (this.used + length > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow((this.used + length) * 2)
      this.bytes.copy(grown, 0, 0, this.used)
      this.bytes = grown
    }
    copyBytes(bytes, start, end, this.bytes, this.used)
    this.used += length
    const at = this.count++
    this.ends[at] = this.used
    this.kinds[at] = kindOfValue
    this.hashes[at] = hash
    slots[slot] = at + 1
    if (this.count === this.ends.length) this.grow()
  }

  private isEntry(index: number, bytes: Buffer, kindOfValue: number, start: number, end: number): boolean {
    const from = index === 0 ? 0 : (this.ends[index - 1] ?? 0)
    const to = this.ends[index] ?? 0
    if (this.kinds[index] !== kindOfValue || to - from !== end - start) return false
    return this.bytes.compare(bytes, start, end, from, to) === 0
  }

  /** The slot that holds the entry. */
  private find(index: number): number {
    const mask = this.slots.length - 1
    let slot = (this.hashes[index] ?? 0) & mask
    while (this.slots[slot] !== index + 1) slot = (slot + 1) & mask
    return slot
  }

  private grow(): void {
    const size = this.ends.length * 2
    const [ends, kinds, hashes] = [new Uint32Array(size), new Uint8Array(size), new Uint32Array(size)]
    ends.set(this.ends)
    kinds.set(this.kinds)
    hashes.set(this.hashes)
    this.ends = ends
    this.kinds = kinds
    this.hashes = hashes
    this.slots = new Uint32Array(size * 2)
    const mask = this.slots.length - 1
    for (let i = 0; i < this.count; i++) {
      let slot = (hashes[i] ?? 0) & mask
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask
      this.slots[slot] = i + 1
    }
  }

  private tooMany(): MrError {
    return new MrError(
      'MR_USER_CODE',
      `distinct holds the different values of one key in memory, and after ${this.count} of them they take more than ` +
        `${Math.round(this.bytesMax / 2 ** 20)} MiB. Emit [key, value] as a key without a value: then none is held`,
    )
  }
}

/** The `n` greatest (or least) values: what can not be among them is passed over, the rest is thinned out now and then. */
class TopFold implements ManyValuesFold {
  readonly full = false
  private readonly n: number
  private readonly sign: 1 | -1
  private readonly room: number
  private kept: KeptValue[] = []
  private spare: KeptValue[] = []
  /** The least of `n` values seen: what is not greater is passed over. */
  private bar: KeptValue | undefined

  constructor(n: number, sign: 1 | -1) {
    this.n = n
    this.sign = sign
    this.room = n * 2 + 16
  }

  reset(): void {
    for (const value of this.kept) this.spare.push(value)
    this.kept.length = 0
    this.bar = undefined
  }

  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    if (this.bar !== undefined && this.bar.compare(bytes, kindOfValue, start, end) * this.sign <= 0) return
    const value = this.spare.pop() ?? new KeptValue()
    if (isNegativeZero(bytes, kindOfValue, start)) value.keep(ZERO, kind.Int, 0, 1)
    else value.keep(bytes, kindOfValue, start, end)
    this.kept.push(value)
    if (this.kept.length === this.room) this.thin()
  }

  each(sink: ValueSink): void {
    this.thin()
    for (const { bytes, kind: kindOfValue, length } of this.kept) sink(bytes, kindOfValue, 0, length)
  }

  private thin(): void {
    const { kept, n, sign } = this
    kept.sort((a, b) => b.compare(a.bytes, a.kind, 0, a.length) * -sign)
    while (kept.length > n) {
      const value = kept.pop()
      if (value !== undefined) this.spare.push(value)
    }
    this.bar = kept.length === n ? kept[n - 1] : undefined
  }
}
