import type { Encoder } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import { readVarint, varint, writeVarint } from '../record/varint.ts'
import type { OneValueAggregate } from './aggregate.ts'
import { StatsFold } from './stats-fold.ts'
import { SumFold } from './sum-fold.ts'
import { KeptValue } from './value-order.ts'

/**
 * A built-in aggregate of one result at work on encoded values, one group at a time. `finish` leaves the result of the group in the
 * encoder; `partial` leaves what a later fold of the same aggregate takes in without loss.
 */
export interface Fold {
  reset(): void
  /** Takes one encoded value, finished or partial. */
  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void
  finish(encoder: Encoder): number
  partial(encoder: Encoder): number
}

export function createFold(aggregate: OneValueAggregate): Fold {
  switch (aggregate.aggregate) {
    case 'sum':
      return new SumFold()
    case 'count':
      return new CountFold()
    case 'min':
      return new ExtremeFold(-1)
    case 'max':
      return new ExtremeFold(1)
    case 'mean':
      return new MeanFold()
    case 'stats':
      return new StatsFold()
    case 'first':
      return new FirstFold()
  }
}

/** A partial count is a varint. */
class CountFold implements Fold {
  private total = 0
  private readonly scratch = Buffer.alloc(16)

  reset(): void {
    this.total = 0
  }

  add(bytes: Buffer, kindOfValue: number, start: number): void {
    this.total += kindOfValue === kind.Partial ? decodeCount(bytes, start) : 1
  }

  finish(encoder: Encoder): number {
    return encoder.value(this.total)
  }

  partial(encoder: Encoder): number {
    return encoder.partial(this.scratch.subarray(0, encodeCount(this.scratch, 0, this.total)))
  }
}

/** Writes a count (< 2^53) as two varints, high and low 24 bits; returns the position after it. */
export function encodeCount(bytes: Uint8Array, at: number, count: number): number {
  const high = Math.floor(count / 0x1000000)
  return writeVarint(bytes, writeVarint(bytes, at, high), count % 0x1000000)
}

function decodeCount(bytes: Uint8Array, start: number): number {
  readVarint(bytes, start)
  const high = varint.value
  readVarint(bytes, varint.next)
  return high * 0x1000000 + varint.value
}

const write = (kept: KeptValue, encoder: Encoder): number => encoder.raw(kept.kind, kept.bytes, 0, kept.length)

class FirstFold implements Fold {
  private readonly kept = new KeptValue()

  reset(): void {
    this.kept.kind = -1
  }

  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    if (this.kept.kind < 0) this.kept.keep(bytes, kindOfValue, start, end)
  }

  finish(encoder: Encoder): number {
    return write(this.kept, encoder)
  }

  partial(encoder: Encoder): number {
    return write(this.kept, encoder)
  }
}

/** min and max. */
class ExtremeFold implements Fold {
  private readonly kept = new KeptValue()
  private readonly sign: 1 | -1

  constructor(sign: 1 | -1) {
    this.sign = sign
  }

  reset(): void {
    this.kept.kind = -1
  }

  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    const { kept, sign } = this
    if (kept.kind >= 0 && kept.compare(bytes, kindOfValue, start, end) * sign <= 0) return
    kept.keep(bytes, kindOfValue, start, end)
  }

  finish(encoder: Encoder): number {
    return write(this.kept, encoder)
  }

  partial(encoder: Encoder): number {
    return write(this.kept, encoder)
  }
}

/** The sum and the count; a partial is the count as CountFold has it, the kind of the sum (u8) and the sum. */
class MeanFold implements Fold {
  private readonly sum = new SumFold('mean')
  private count = 0
  private scratch: Buffer = Buffer.alloc(64)

  reset(): void {
    this.sum.reset()
    this.count = 0
  }

  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    if (kindOfValue !== kind.Partial) {
      this.count++
      this.sum.add(bytes, kindOfValue, start, end)
      return
    }
    this.count += decodeCount(bytes, start)
    this.sum.add(bytes, bytes[varint.next] ?? 0, varint.next + 1, end)
  }

  finish(encoder: Encoder): number {
    return encoder.value(Number(this.sum.total) / this.count)
  }

  partial(encoder: Encoder): number {
    const kindOfSum = this.sum.partial(encoder)
    if (this.scratch.length < encoder.length + 16) this.scratch = Buffer.alloc(encoder.length * 2 + 16)
    const at = encodeCount(this.scratch, 0, this.count)
    this.scratch[at] = kindOfSum
    encoder.bytes.copy(this.scratch, at + 1, 0, encoder.length)
    return encoder.partial(this.scratch.subarray(0, at + 1 + encoder.length))
  }
}
