import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Decoded, Decoder } from '../../../mapreduce/record/decode.ts'
import { Encoder } from '../../../mapreduce/record/encode.ts'
import { Text } from '../../../mapreduce/record/text.ts'
import {
  count,
  first,
  isAggregate,
  max,
  mean,
  min,
  type OneValueAggregate,
  sum,
} from '../../../mapreduce/shuffle/aggregate.ts'
import { createFold } from '../../../mapreduce/shuffle/fold.ts'

type Value = number | bigint | string | boolean | null | undefined | readonly Value[]

interface Encoded {
  readonly kind: number
  readonly bytes: Buffer
}

function encode(value: unknown): Encoded {
  const encoder = new Encoder()
  const kind = encoder.value(value)
  return { kind, bytes: Buffer.from(encoder.bytes.subarray(0, encoder.length)) }
}

/** Folds in groups of the given sizes, each handed on unfinished, in order. */
function folded(aggregate: OneValueAggregate, values: readonly Value[], sizes: readonly number[]): unknown {
  const fold = createFold(aggregate)
  const encoder = new Encoder()
  const addAll = (all: readonly Encoded[]): void => {
    fold.reset()
    for (const { kind, bytes } of all) {
      const framed = Buffer.concat([Buffer.of(1, 2, 3), bytes, Buffer.of(0x39)])
      fold.add(framed, kind, 3, 3 + bytes.length)
    }
  }
  let level = values.map(encode)
  for (const size of sizes) {
    const next: Encoded[] = []
    for (let at = 0; at < level.length; at += size) {
      addAll(level.slice(at, at + size))
      const kind = fold.partial(encoder)
      next.push({ kind, bytes: Buffer.from(encoder.bytes.subarray(0, encoder.length)) })
    }
    level = next
  }
  addAll(level)
  const kind = fold.finish(encoder)
  return shown(new Decoder().decode(encoder.bytes, kind, 0, encoder.length))
}

function shown(value: Decoded): unknown {
  if (value instanceof Text) return value.toString()
  return Array.isArray(value) ? value.map(shown) : value
}

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 })
const numbers = fc.oneof(
  fc.integer({ min: -10, max: 10 }),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(0.5, 2 ** 53, -(2 ** 53)),
)
const anything: fc.Arbitrary<Value> = fc.oneof(
  numbers,
  fc.string({ maxLength: 5 }),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.bigInt(),
  fc.array(fc.integer(), { maxLength: 3 }),
)
const some = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(values, { minLength: 1, maxLength: 20 })

describe('an aggregate gives the same for any grouping of what it is given', () => {
  test('sum', () => {
    fc.assert(
      fc.property(some(fc.oneof(numbers, fc.bigInt())), sizes, (values, grouping) => {
        const once = folded(sum, values, [])
        expect(Object.is(folded(sum, values, grouping), once)).toBe(true)
        expect(Object.is(folded(sum, values.toReversed(), grouping), once)).toBe(true)
      }),
    )
  })

  test('mean is the exact sum over the count', () => {
    fc.assert(
      fc.property(some(fc.oneof(numbers, fc.bigInt())), sizes, (values, grouping) => {
        const exact = Number(folded(sum, values, [])) / values.length
        expect(Object.is(folded(mean, values, grouping), exact)).toBe(true)
        expect(Object.is(folded(mean, values.toReversed(), grouping), exact)).toBe(true)
      }),
    )
    expect(folded(mean, ['1', 2.5, 10n], [2])).toBe(4.5)
    expect(() => folded(mean, ['x'], [])).toThrow('mean was given "x", which is not a number')
  })

  test('count counts whatever there is', () => {
    fc.assert(
      fc.property(some(anything), sizes, (values, grouping) => {
        expect(folded(count, values, grouping)).toBe(values.length)
      }),
    )
  })

  test('first', () => {
    fc.assert(
      fc.property(some(anything), sizes, (values, grouping) => {
        expect(folded(first, values, grouping)).toStrictEqual(folded(first, values.slice(0, 1), []))
      }),
    )
  })

  test('min and max of numbers are by value, NaN after all', () => {
    fc.assert(
      fc.property(some(numbers), sizes, (values, grouping) => {
        const order = values.toSorted((a, b) => Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || a - b || 0)
        expect(folded(min, values, grouping)).toBe(order[0])
        expect(folded(max, values, grouping)).toBe(order.at(-1))
      }),
    )
  })

  test('min and max of texts are by bytes', () => {
    fc.assert(
      fc.property(
        some(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{ffff}', '\u{1f600}', '\0'), maxLength: 4 })),
        sizes,
        (values, grouping) => {
          const order = values.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          expect(folded(min, values, grouping)).toBe(order[0])
          expect(folded(max, values, grouping)).toBe(order.at(-1))
        },
      ),
    )
  })

  test('min and max of mixed kinds do not depend on order', () => {
    fc.assert(
      fc.property(some(anything), sizes, (values, grouping) => {
        for (const aggregate of [min, max]) {
          const once = folded(aggregate, values, [])
          expect(folded(aggregate, values, grouping)).toStrictEqual(once)
          const plain = (value: unknown): unknown => (value === 0 ? 0 : value)
          expect(plain(folded(aggregate, values.toReversed(), grouping))).toStrictEqual(plain(once))
        }
      }),
    )
  })
})

describe('sum', () => {
  test('takes numbers that are written as text', () => {
    expect(folded(sum, ['1', ' 2.5 ', 3], [])).toBe(6.5)
  })

  test('loses no digit of an integer that is written as text', () => {
    expect(folded(sum, ['9007199254740993', '9007199254740993'], [1])).toBe(18014398509481986n)
    expect(folded(sum, ['-90071992547409931', '90071992547409930'], [1])).toBe(-1)
    expect(folded(sum, [' 12345678901234567890 ', 0.5], [])).toBe(12345678901234567000)
  })

  test.each<[string, Value]>([
    ['"x"', 'x'],
    ['""', ''],
    ['null', null],
    ['undefined', undefined],
    ['true', true],
    ['1,2', [1, 2]],
  ])('refuses %s with what was given', (name, value) => {
    expect(() => folded(sum, [1, value], [])).toThrow(
      expect.objectContaining({ code: 'MR_USER_CODE', message: `sum was given ${name}, which is not a number` }),
    )
  })
})

test('counts beyond 32 bits are kept', () => {
  // 2^40 as unfinished counts of 2^39 and 2^39, the hard way: folded from doubling.
  const fold = createFold(count)
  const encoder = new Encoder()
  const one = encode('x')
  fold.reset()
  fold.add(one.bytes, one.kind, 0, one.bytes.length)
  for (let i = 0; i < 45; i++) {
    const kind = fold.partial(encoder)
    const bytes = Buffer.from(encoder.bytes.subarray(0, encoder.length))
    fold.reset()
    fold.add(bytes, kind, 0, bytes.length)
    fold.add(bytes, kind, 0, bytes.length)
  }
  const kind = fold.finish(encoder)
  expect(new Decoder().decode(encoder.bytes, kind, 0, encoder.length)).toBe(2 ** 45)
})

test('an aggregate is known by its shape, also from another copy of this module', () => {
  expect(isAggregate({ aggregate: 'sum' })).toBe(true)
  for (const other of [null, undefined, {}, { aggregate: 'median' }, { aggregate: 1 }, () => 1, 'sum']) {
    expect(isAggregate(other)).toBe(false)
  }
})
