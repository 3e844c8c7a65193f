import { decodeInt, decodeNumber } from '../record/decode.ts'
import { kind } from '../record/kind.ts'

/**
 * The order of encoded values, which `min`, `max`, `top` and `distinct` share: numbers of both encodings by value, NaN
 * after all of them; otherwise kinds first, then bytes.
 */

/** A copy of one encoded value. */
export class KeptValue {
  kind = -1
  bytes: Buffer = Buffer.alloc(64)
  length = 0
  /** Of a number; else NaN. */
  private number = Number.NaN

  keep(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    this.kind = kindOfValue
    this.length = end - start
    this.number = numberOf(bytes, kindOfValue, start)
    if (this.bytes.length < this.length) this.bytes = Buffer.alloc(this.length * 2)
    bytes.copy(this.bytes, 0, start, end)
  }

  /** Negative, zero or positive as the value given sorts before, with or after the one kept. */
  compare(bytes: Buffer, kindOfValue: number, start: number, end: number): number {
    const ranks = rank(kindOfValue) - rank(this.kind)
    if (ranks !== 0) return ranks
    if (rank(kindOfValue) === kind.Number) return compareNumbers(numberOf(bytes, kindOfValue, start), this.number)
    return bytes.compare(this.bytes, 0, this.length, start, end)
  }
}

/** Compares two values that lie in the same bytes. */
export function compareValues(
  bytes: Buffer,
  aKind: number,
  aStart: number,
  aEnd: number,
  bKind: number,
  bStart: number,
  bEnd: number,
): number {
  const ranks = rank(aKind) - rank(bKind)
  if (ranks !== 0) return ranks
  if (rank(aKind) === kind.Number) return compareNumbers(numberOf(bytes, aKind, aStart), numberOf(bytes, bKind, bStart))
  return bytes.compare(bytes, bStart, bEnd, aStart, aEnd)
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

/** Whether an encoded value is the number -0, which equals 0 in order and in what is written. */
export function isNegativeZero(bytes: Buffer, kindOfValue: number, start: number): boolean {
  return kindOfValue === kind.Number && Object.is(decodeNumber(bytes, start), -0)
}
