import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Decoded, Decoder } from '../../../mapreduce/record/decode.ts'
import { Encoder } from '../../../mapreduce/record/encode.ts'
import { Text } from '../../../mapreduce/record/text.ts'
import { bottom, distinct, givesManyValues, top } from '../../../mapreduce/shuffle/aggregate.ts'
import { createManyValuesFold, DistinctFold, type ManyValuesFold } from '../../../mapreduce/shuffle/many-values.ts'

type Value = number | bigint | string | boolean | null | undefined | readonly Value[]

interface Encoded {
  readonly kind: number
  readonly bytes: Buffer
}

const encoder = new Encoder()
function encode(value: unknown): Encoded {
  const kind = encoder.value(value)
  return { kind, bytes: Buffer.from(encoder.bytes.subarray(0, encoder.length)) }
}

function shown(value: Decoded): unknown {
  if (value instanceof Text) return value.toString()
  return Array.isArray(value) ? value.map(shown) : value
}

function foldOf(aggregate: ReturnType<typeof top>): ManyValuesFold {
  if (!givesManyValues(aggregate)) throw new TypeError('one value')
  return createManyValuesFold(aggregate)
}

function chosen(fold: ManyValuesFold, values: readonly Encoded[]): Encoded[] {
  fold.reset()
  // Views into a larger buffer, as a run has them.
  for (const { kind, bytes } of values)
    fold.add(Buffer.concat([Buffer.of(1, 2), bytes, Buffer.of(3)]), kind, 2, 2 + bytes.length)
  const all: Encoded[] = []
  fold.each((bytes, kind, start, end) => all.push({ kind, bytes: Buffer.from(bytes.subarray(start, end)) }))
  return all
}

/** Chosen from what was chosen of groups of the given sizes. */
function grouped(fold: ManyValuesFold, values: readonly Value[], sizes: readonly number[]): unknown[] {
  let level = values.map(encode)
  for (const size of sizes) {
    const next: Encoded[] = []
    for (let at = 0; at < level.length; at += size) next.push(...chosen(fold, level.slice(at, at + size)))
    level = next
  }
  return chosen(fold, level).map(({ kind, bytes }) => shown(new Decoder().decode(bytes, kind, 0, bytes.length)))
}

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 3 })
const numbers: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double(),
  fc.constantFrom(-0, 0.5, 2 ** 40, Number.NaN, Number.NEGATIVE_INFINITY),
)
const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{ffff}', '\u{1f600}', '\0'), maxLength: 3 })
const anything: fc.Arbitrary<Value> = fc.oneof(
  numbers,
  texts,
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
)
const many = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(values, { minLength: 1, maxLength: 60 })
const byNumber = (a: number, b: number): number => Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || a - b || 0
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

describe('distinct', () => {
  test('of numbers is the set of them by value', () => {
    const fold = foldOf(distinct)
    fc.assert(
      fc.property(many(numbers), sizes, (values, grouping) => {
        // A Set, too, takes 0 and -0 for one.
        const expected = [...new Set(values)].map((n) => n + 0).sort(byNumber)
        expect(grouped(fold, values, grouping)).toEqual(expected)
      }),
    )
  })

  test('of texts is the set of them by bytes', () => {
    const fold = foldOf(distinct)
    fc.assert(
      fc.property(many(texts), sizes, (values, grouping) => {
        expect(grouped(fold, values, grouping)).toEqual([...new Set(values)].sort(byBytes))
      }),
    )
  })

  test('of anything depends on neither order nor grouping', () => {
    const fold = foldOf(distinct)
    fc.assert(
      fc.property(many(anything), sizes, (values, grouping) => {
        const once = grouped(fold, values, [])
        expect(grouped(fold, values, grouping)).toStrictEqual(once)
        expect(grouped(fold, values.toReversed(), grouping)).toStrictEqual(once)
        const key = (value: unknown): string =>
          typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? 'undefined')
        const names = (all: readonly unknown[]): string[] =>
          [...new Set(all.map((value) => (typeof value === 'number' ? String(value) : key(value))))].sort()
        expect(names(once)).toEqual(names(values))
      }),
    )
  })

  test('remembers nothing of the group before, however large that was', () => {
    const fold = foldOf(distinct)
    const large = Array.from({ length: 5000 }, (_, i) => i % 2500)
    for (const [values, expected] of [
      [large, 2500],
      [[1, 2, 1], 2],
      [[7], 1],
      [large, 2500],
    ] as const) {
      expect(grouped(fold, values, []).length).toBe(expected)
    }
  })

  test('says when a key has more different values than it may hold, and what to do', () => {
    const fold = new DistinctFold(1024 * 1024)
    const values = (n: number) => Array.from({ length: n }, (_, i) => encode(`value number ${i}`))
    expect(chosen(fold, [...values(10_000), ...values(10_000)]).length).toBe(10_000)
    expect(() => chosen(fold, values(30_000))).toThrow(
      expect.objectContaining({
        code: 'MR_USER_CODE',
        message: expect.stringMatching(/after \d+ of them they take more than 1 MiB. Emit \[key, value\] as a key/),
      }),
    )
  })

  test('is full long before that, for a combiner to begin anew', () => {
    const fold = new DistinctFold(1024 * 1024)
    expect(fold.full).toBe(false)
    let added = 0
    for (; !fold.full; added++) {
      const { kind, bytes } = encode(`value number ${added}`)
      fold.add(bytes, kind, 0, bytes.length)
    }
    expect(added).toBeGreaterThan(5000)
    expect(added).toBeLessThan(20_000)
  })
})

describe('top and bottom', () => {
  test('of numbers are the ends of the sorted values', () => {
    fc.assert(
      fc.property(many(numbers), fc.integer({ min: 1, max: 12 }), sizes, (values, n, grouping) => {
        const sorted = values.map((value) => value + 0).sort(byNumber)
        expect(grouped(foldOf(bottom(n)), values, grouping)).toEqual(sorted.slice(0, n))
        expect(grouped(foldOf(top(n)), values, grouping)).toEqual(sorted.toReversed().slice(0, n))
      }),
    )
  })

  test('of texts go by bytes', () => {
    fc.assert(
      fc.property(many(texts), fc.integer({ min: 1, max: 12 }), sizes, (values, n, grouping) => {
        const sorted = values.toSorted(byBytes)
        expect(grouped(foldOf(bottom(n)), values, grouping)).toEqual(sorted.slice(0, n))
        expect(grouped(foldOf(top(n)), values, grouping)).toEqual(sorted.toReversed().slice(0, n))
      }),
    )
  })

  test('of anything depend on neither order nor grouping', () => {
    fc.assert(
      fc.property(many(anything), fc.integer({ min: 1, max: 12 }), sizes, (values, n, grouping) => {
        for (const aggregate of [top(n), bottom(n)]) {
          const fold = foldOf(aggregate)
          const once = grouped(fold, values, [])
          expect(once.length).toBe(Math.min(n, values.length))
          expect(grouped(fold, values, grouping)).toStrictEqual(once)
          expect(grouped(fold, values.toReversed(), grouping)).toStrictEqual(once)
        }
      }),
    )
  })

  test('of pairs go by the first, then by the second', () => {
    const values: Value[] = [
      [2, 'b'],
      [10, 'a'],
      [2, 'c'],
      [-1, 'z'],
    ]
    expect(grouped(foldOf(top(3)), values, [2])).toEqual([
      [10, 'a'],
      [2, 'c'],
      [2, 'b'],
    ])
  })

  test('of a rising and a falling hundred thousand', () => {
    const rising = Array.from({ length: 100_000 }, (_, i) => i)
    expect(grouped(foldOf(top(3)), rising, [])).toEqual([99_999, 99_998, 99_997])
    expect(grouped(foldOf(top(3)), rising.toReversed(), [])).toEqual([99_999, 99_998, 99_997])
  })
})
