import { MrError } from '../base/errors.ts'
import { Decoder, decodeInt, decodeNumber } from '../record/decode.ts'
import type { Encoder } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import { Text } from '../record/text.ts'
import { ExactSum } from './exact-sum.ts'

/** What `stats` tells of the values of a key. Numbers, or bigints for integers a number does not hold exactly. */
export interface Stats {
  readonly count: number
  readonly min: number | bigint
  readonly max: number | bigint
  readonly sum: number | bigint
  /** The exact sum, rounded, over the count. */
  readonly mean: number
}

/** The same as the output of `reduce: stats`, in JSON: larger integers are texts of digits, what is not finite is null. */
export interface StatsValue {
  readonly count: number
  readonly min: number | string | null
  readonly max: number | string | null
  readonly sum: number | string | null
  readonly mean: number | null
}

/** A tuple of null and four Numbers: how a partial result lies in bytes in nearly every case. */
const PLAIN_BYTES = 1 + 4 * 9 + 1

/**
 * The count, least, greatest and sum of numbers, exactly; the shape of a `Fold`. -0 is 0, NaN is greater than every
 * number. A partial result is a value like any other, so that it can be handed to a reduce of the job's own:
 *
 *   partial := [null, count, min, max, sum]      (sum: a number, or a Text with the bytes of exact-sum.ts)
 */
export class StatsFold {
  private count = 0
  private least: number | bigint = 0
  private greatest: number | bigint = 0
  private readonly sum = new ExactSum()
  private readonly decoder = new Decoder()

  reset(): void {
    this.count = 0
    this.sum.reset()
  }

  add(bytes: Buffer, kindOfValue: number, start: number, end: number): void {
    if (kindOfValue === kind.Int) this.addNumber(decodeInt(bytes, start))
    else if (kindOfValue === kind.Number) this.addNumber(decodeNumber(bytes, start))
    else if (isPlain(bytes, kindOfValue, start, end)) {
      const [count, min, max] = [
        decodeNumber(bytes, start + 2),
        decodeNumber(bytes, start + 11),
        decodeNumber(bytes, start + 20),
      ]
      this.take(count, min, max)
      this.sum.add(decodeNumber(bytes, start + 29))
    } else this.addDecoded(this.decoder.decode(bytes, kindOfValue, start, end))
  }

  /** A value as it was emitted, or a partial result. Throws MR_USER_CODE for what is neither. */
  addDecoded(value: unknown): void {
    if (typeof value === 'number') this.addNumber(value)
    else if (typeof value === 'bigint') {
      this.take(1, value, value)
      this.sum.addInteger(value)
    } else if (value instanceof Text || typeof value === 'string') this.addText(String(value))
    else this.addPartial(value)
  }

  /** Of at least one value. */
  get stats(): Stats {
    const { count } = this
    const sum = this.sum.finish()
    return { count, min: plain(this.least), max: plain(this.greatest), sum: plain(sum), mean: Number(sum) / count }
  }

  /** Leaves a `StatsValue`. */
  finish(encoder: Encoder): number {
    return encoder.value(this.stats)
  }

  partial(encoder: Encoder): number {
    const { plain: exact } = this.sum
    return encodePartial(encoder, this.count, this.least, this.greatest, exact ?? this.sum.encodePartial())
  }

  private addNumber(value: number): void {
    // Never -0, which equals 0 and would depend on which of them came first.
    this.take(1, value + 0, value + 0)
    this.sum.add(value)
  }

  /** Numeric text, as `sum` takes it. */
  private addText(text: string): void {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (Number.isNaN(value)) throw notANumber(text)
    if (Number.isSafeInteger(value) || !/^\s*[+-]?\d+\s*$/.test(text)) this.addNumber(value)
    else this.addDecoded(BigInt(text))
  }

  private addPartial(value: unknown): void {
    const [mark, count, min, max, sum] = Array.isArray(value) ? value : []
    if (mark !== null || typeof count !== 'number' || !isNumeric(min) || !isNumeric(max)) throw notANumber(value)
    this.take(count, min, max)
    if (typeof sum === 'number') this.sum.add(sum)
    else if (sum instanceof Text) this.sum.addPartial(sum.buffer, sum.start, sum.end)
    else throw notANumber(value)
  }

  private take(count: number, min: number | bigint, max: number | bigint): void {
    const first = this.count === 0
    this.count += count
    if (first || isLess(min, this.least) || isSameNumber(min, this.least)) this.least = min
    if (first || isLess(this.greatest, max) || isSameNumber(max, this.greatest)) this.greatest = max
  }
}

/** Leaves a partial result in the encoder. */
export function encodePartial(
  encoder: Encoder,
  count: number,
  min: number | bigint,
  max: number | bigint,
  sum: number | Buffer,
): number {
  return encoder.value([null, count, min, max, sum])
}

/**
 * For a reduce function behind `combine: stats`: the statistics of the values it is given, whatever of them has been
 * folded while mapping. Throws MR_USER_CODE for what is no number.
 */
export function mergeStats(values: Iterable<unknown>): Stats {
  const fold = new StatsFold()
  for (const value of values) fold.addDecoded(value)
  return fold.stats
}

function isPlain(bytes: Buffer, kindOfValue: number, start: number, end: number): boolean {
  return (
    kindOfValue === kind.Tuple &&
    end - start === PLAIN_BYTES &&
    bytes[start] === kind.Null &&
    bytes[start + 1] === kind.Number &&
    bytes[start + 10] === kind.Number &&
    bytes[start + 19] === kind.Number &&
    bytes[start + 28] === kind.Number
  )
}

const isNumeric = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'

/** By value, NaN last. */
function isLess(a: number | bigint, b: number | bigint): boolean {
  return a < b || (Number.isNaN(b) && !Number.isNaN(a))
}

/** A number in place of the bigint that equals it: which of them came first must not show. */
const isSameNumber = (a: number | bigint, b: number | bigint): boolean =>
  typeof a === 'number' && typeof b === 'bigint' && a <= b && a >= b

/** A number where one holds it. */
function plain(value: number | bigint): number | bigint {
  return typeof value === 'bigint' && BigInt.asIntN(54, value) === value && Number.isSafeInteger(Number(value))
    ? Number(value)
    : value
}

function notANumber(value: unknown): MrError {
  const text = value instanceof Text ? value.slice(0, 40).toString() : value
  const shown = typeof text === 'string' ? JSON.stringify(text.slice(0, 40)) : String(text)
  return new MrError('MR_USER_CODE', `stats was given ${shown}, which is not a number`)
}
