import { MrError } from '../base/errors.ts'
import { type Decoded, Decoder, decodeInt, decodeNumber } from '../record/decode.ts'
import type { Encoder } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import { Text } from '../record/text.ts'
import { readVarint, varint, writeVarint } from '../record/varint.ts'
import type { Aggregate } from './aggregate.ts'
import { ExactSum } from './exact-sum.ts'

/**
 * A built-in aggregate at work on encoded values, one group at a time. `finish` leaves the result of the group in the
 * encoder; `partial` leaves what a later fold of the same aggregate takes in without loss.
 */
export interface Fold {
  reset(): void
  /** Takes one encoded value, finished or partial. */
  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void
  finish(encoder: Encoder): number
  partial(encoder: Encoder): number
}

export function createFold(aggregate: Aggregate): Fold {
  switch (aggregate.aggregate) {
    case 'sum':
      return new SumFold()
    case 'count':
      return new CountFold()
    case 'min':
      return new ExtremeFold(-1)
    case 'max':
      return new ExtremeFold(1)
    case 'first':
      return new FirstFold()
  }
}

class SumFold implements Fold {
  private readonly sum = new ExactSum()
  private readonly decoder = new Decoder()

  reset(): void {
    this.sum.reset()
  }

  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    switch (kindOfValue) {
      case kind.Int:
        this.sum.add(decodeInt(bytes, start))
        return
      case kind.Number:
        this.sum.add(decodeNumber(bytes, start))
        return
      case kind.Partial:
        this.sum.addPartial(bytes, start, end)
        return
      case kind.Text: {
        // Numeric text adds up too: fields of a line need no conversion first.
        const text = new Text(bytes, start, end)
        const value = text.toNumber()
        if (Number.isNaN(value)) throw notANumber(text)
        if (Number.isSafeInteger(value)) this.sum.add(value)
        else this.addLongText(text.toString(), value)
        return
      }
      default: {
        const value = this.decoder.decode(bytes, kindOfValue, start, end)
        if (typeof value !== 'bigint') throw notANumber(value)
        this.sum.addBigint(value)
      }
    }
  }

  /** An integer of more digits than a number holds. */
  private addLongText(text: string, value: number): void {
    if (/^\s*[+-]?\d+\s*$/.test(text)) this.sum.addInteger(BigInt(text))
    else this.sum.add(value)
  }

  finish(encoder: Encoder): number {
    return encoder.value(this.sum.finish())
  }

  partial(encoder: Encoder): number {
    const plain = this.sum.plain
    return plain === undefined ? encoder.partial(this.sum.encodePartial()) : encoder.value(plain)
  }
}

function notANumber(value: Decoded): MrError {
  const shown = value instanceof Text ? JSON.stringify(value.slice(0, 40).toString()) : String(value)
  return new MrError('MR_USER_CODE', `sum was given ${shown}, which is not a number`)
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

/** Holds a copy of one encoded value. */
class Kept {
  kind = -1
  bytes: Buffer = Buffer.alloc(64)
  length = 0

  keep(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    this.kind = kindOfValue
    this.length = end - start
    if (this.bytes.length < this.length) this.bytes = Buffer.alloc(this.length * 2)
    bytes.copy(this.bytes, 0, start, end)
  }

  write(encoder: Encoder): number {
    return encoder.raw(this.kind, this.bytes, 0, this.length)
  }
}

class FirstFold implements Fold {
  private readonly kept = new Kept()

  reset(): void {
    this.kept.kind = -1
  }

  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    if (this.kept.kind < 0) this.kept.keep(bytes, kindOfValue, start, end)
  }

  finish(encoder: Encoder): number {
    return this.kept.write(encoder)
  }

  partial(encoder: Encoder): number {
    return this.kept.write(encoder)
  }
}

/** min and max. Numbers of both encodings compare by value; otherwise kinds first, then bytes. */
class ExtremeFold implements Fold {
  private readonly kept = new Kept()
  private readonly sign: 1 | -1
  private number = Number.NaN

  constructor(sign: 1 | -1) {
    this.sign = sign
  }

  reset(): void {
    this.kept.kind = -1
  }

  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    const number = numberOf(bytes, kindOfValue, start)
    if (this.kept.kind >= 0 && this.compare(bytes, kindOfValue, start, end, number) * this.sign <= 0) return
    this.number = number
    this.kept.keep(bytes, kindOfValue, start, end)
  }

  finish(encoder: Encoder): number {
    return this.kept.write(encoder)
  }

  partial(encoder: Encoder): number {
    return this.kept.write(encoder)
  }

  private compare(bytes: Buffer, kindOfValue: number, start: number, end: number, number: number): number {
    const ranks = rank(kindOfValue) - rank(this.kept.kind)
    if (ranks !== 0) return ranks
    if (rank(kindOfValue) === kind.Number) return compareNumbers(number, this.number)
    return bytes.compare(this.kept.bytes, 0, this.kept.length, start, end)
  }
}

/** By value; NaN after everything, as in the order of keys. */
function compareNumbers(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0)
}

const rank = (kindOfValue: number): number => (kindOfValue === kind.Int ? kind.Number : kindOfValue)

function numberOf(bytes: Buffer, kindOfValue: number, start: number): number {
  if (kindOfValue === kind.Int) return decodeInt(bytes, start)
  return kindOfValue === kind.Number ? decodeNumber(bytes, start) : Number.NaN
}
