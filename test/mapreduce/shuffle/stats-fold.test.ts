import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decoder } from '../../../mapreduce/record/decode.ts'
import { Encoder } from '../../../mapreduce/record/encode.ts'
import { Text } from '../../../mapreduce/record/text.ts'
import { encodePartial, mergeStats, type Stats, StatsFold } from '../../../mapreduce/shuffle/stats-fold.ts'
import { scaled } from './scaled-double.ts'

type Value = number | bigint

const exactly = (value: Value): bigint => (typeof value === 'bigint' ? value << 1074n : scaled(value))

/** The neighbours of a finite double. */
function next(value: number, direction: 1 | -1): number {
  if (value === 0) return direction * Number.MIN_VALUE
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  view.setBigUint64(0, view.getBigUint64(0) + (value > 0 === direction > 0 ? 1n : -1n))
  return view.getFloat64(0)
}

const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a)

/** Folds in groups of the given sizes, each handed on unfinished; the last ones to `mergeStats`. */
function merged(values: readonly Value[], sizes: readonly number[]): Stats {
  const fold = new StatsFold()
  const [encoder, decoder] = [new Encoder(), new Decoder()]
  let level: unknown[] = [...values]
  for (const size of sizes) {
    const parts: unknown[] = []
    for (let at = 0; at < level.length; at += size) {
      fold.reset()
      for (const value of level.slice(at, at + size)) {
        const kind = encoder.value(value)
        const bytes = Buffer.concat([Buffer.of(9, 9), encoder.bytes.subarray(0, encoder.length), Buffer.of(9)])
        fold.add(bytes, kind, 2, bytes.length - 1)
      }
      const kind = fold.partial(encoder)
      parts.push(decoder.decode(Buffer.from(encoder.bytes.subarray(0, encoder.length)), kind, 0, encoder.length))
    }
    level = parts
  }
  return mergeStats(level)
}

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 })
const numbers = fc.oneof(
  fc.integer({ min: -10, max: 10 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
  fc.constantFrom(-0, 0, 0.5, 2 ** 53, -(2 ** 53), 2 ** 60, 5e-324),
)
const bigints = fc.oneof(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), fc.constantFrom(0n, 5n, 2n ** 60n))
const some = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(values, { minLength: 1, maxLength: 20 })

describe('the statistics of values', () => {
  test('are those of exact arithmetic, however the values are grouped and ordered', () => {
    fc.assert(
      fc.property(some(fc.oneof(numbers, bigints)), sizes, (values, grouping) => {
        const once = merged(values, [])
        for (const other of [merged(values, grouping), merged(values.toReversed(), grouping)]) {
          expect(Object.entries(other)).toEqual(Object.entries(once))
        }
        const all = values.map(exactly).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        expect(once.count).toBe(values.length)
        expect([exactly(once.min), exactly(once.max)]).toEqual([all[0], all.at(-1)])
        const total = all.reduce((sum, value) => sum + value, 0n)
        const { sum, mean } = once
        if (values.every((value) => typeof value === 'bigint' || Number.isSafeInteger(value))) {
          expect(exactly(sum)).toBe(total)
          expect(typeof sum).toBe(distance(exactly(sum), 0n) < 1n << (53n + 1074n) ? 'number' : 'bigint')
        } else {
          const away = distance(exactly(sum), total)
          for (const side of [1, -1] as const) {
            expect(away <= distance(exactly(next(Number(sum), side)), total)).toBe(true)
          }
        }
        expect(mean).toBe(Number(sum) / values.length)
        expect([once.min, once.max, sum, mean].some((value) => Object.is(value, -0))).toBe(false)
      }),
      { numRuns: 400 },
    )
  })

  test('take what folding a table left, numeric text, and what is no finite number', () => {
    const encoder = new Encoder()
    const fold = new StatsFold()
    const kind = encodePartial(encoder, 3, -2, 9, 11)
    fold.add(Buffer.from(encoder.bytes.subarray(0, encoder.length)), kind, 0, encoder.length)
    fold.addDecoded(Text.from(' 12 '))
    fold.addDecoded('0.5')
    expect(fold.stats).toEqual({ count: 5, min: -2, max: 12, sum: 23.5, mean: 4.7 })
    expect(mergeStats(['12345678901234567890', 1])).toMatchObject({
      max: 12345678901234567890n,
      sum: 12345678901234567891n,
    })
    expect(mergeStats([1, Number.NaN])).toMatchObject({ min: 1, max: Number.NaN, sum: Number.NaN })
    expect(mergeStats([Number.NaN, 1])).toMatchObject({ min: 1, max: Number.NaN, sum: Number.NaN })
    expect(mergeStats([1, Number.NEGATIVE_INFINITY])).toMatchObject({ min: Number.NEGATIVE_INFINITY, max: 1 })
  })

  test('are of numbers: anything else is refused by what it is', () => {
    for (const [value, shown] of [
      ['x', '"x"'],
      [Text.from(''), '""'],
      [null, 'null'],
      [[1, 2], '1,2'],
      [[null, 1, 2, 3, true], ',1,2,3,true'],
    ] as const) {
      expect(() => mergeStats([value])).toThrow(`stats was given ${shown}, which is not a number`)
    }
  })
})
