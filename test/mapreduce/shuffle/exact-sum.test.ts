import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExactSum } from '../../../mapreduce/shuffle/exact-sum.ts'
import { scaled } from './scaled-double.ts'

type Term = number | bigint

const SCALE = 1074n

/** The double nearest to value / 2^1074, halves to even, found by comparing with its neighbours. */
function nearest(value: bigint): number {
  const magnitude = value < 0n ? -value : value
  const view = new DataView(new ArrayBuffer(8))
  const at = (bits: bigint): number => {
    view.setBigUint64(0, bits)
    return view.getFloat64(0)
  }
  let low = 0n
  let high = 0x7ff0000000000000n
  // The largest double that is not above it, among the bit patterns, which are in order.
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    const candidate = at(middle)
    if (candidate !== Infinity && scaled(candidate) <= magnitude) low = middle
    else high = middle - 1n
  }
  const below = at(low)
  const above = at(low + 1n)
  const scaledAbove = above === Infinity ? 1n << (SCALE + 1024n) : scaled(above)
  const twice = 2n * magnitude - scaled(below) - scaledAbove
  const result = twice > 0n || (twice === 0n && (low & 1n) === 1n) ? above : below
  return value < 0n ? -result : result
}

/** What the sum of the terms is, by the promise: exact integers, floats rounded once. */
function reference(terms: readonly Term[]): Term {
  const numbers = terms.filter((term): term is number => typeof term === 'number')
  const odd = numbers.filter((term) => !Number.isFinite(term))
  if (odd.length > 0) return odd.reduce((a, b) => a + b)
  const inexact = numbers.some((term) => !Number.isSafeInteger(term))
  if (inexact)
    return nearest(
      terms.reduce((sum: bigint, term) => sum + (typeof term === 'bigint' ? term << SCALE : scaled(term)), 0n),
    )
  const total = terms.reduce((sum: bigint, term) => sum + BigInt(term), 0n)
  const fits = total <= BigInt(Number.MAX_SAFE_INTEGER) && total >= -BigInt(Number.MAX_SAFE_INTEGER)
  return numbers.length < terms.length || !fits ? total : Number(total)
}

function add(sum: ExactSum, term: Term): void {
  if (typeof term === 'bigint') sum.addBigint(term)
  else sum.add(term)
}

/** Sums in groups of the given sizes, each handed on unfinished, in another order. */
function grouped(terms: readonly Term[], sizes: readonly number[]): Term {
  const partials: Buffer[] = []
  const sum = new ExactSum()
  for (let at = 0, n = 0; at < terms.length; n++) {
    const size = sizes[n % sizes.length] ?? 1
    sum.reset()
    for (const term of terms.slice(at, at + size)) add(sum, term)
    partials.push(sum.encodePartial())
    at += size
  }
  const total = new ExactSum()
  for (const partial of partials.reverse()) {
    // Among other bytes, as in a run file.
    const bytes = Buffer.concat([Buffer.from('7'), partial, Buffer.from('7')])
    total.addPartial(bytes, 1, bytes.length - 1)
  }
  return total.finish()
}

const integers = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 0, -0),
)
const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -10, max: 10 }),
  fc.constantFrom(
    0.1,
    0.2,
    0.5,
    -0.5,
    1e-300,
    5e-324,
    -5e-324,
    2 ** -1022,
    1e300,
    -1e300,
    2 ** 53,
    2 ** 53 + 2,
    -(2 ** 60),
    1e16,
    Number.MAX_VALUE,
  ),
)
const kinds: readonly [string, fc.Arbitrary<Term>][] = [
  ['integers', integers],
  ['integers and bigints', fc.oneof(integers, fc.bigInt())],
  ['floats', finite],
  ['floats and integers', fc.oneof(finite, integers)],
  ['everything', fc.oneof(finite, integers, fc.bigInt(), fc.double())],
]

describe('a sum is exact, whatever the order and grouping of its terms', () => {
  test.each(kinds)('%s', (_name, term) => {
    fc.assert(
      fc.property(
        fc.array(term, { minLength: 1, maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (terms, sizes) => {
          const expected = reference(terms)
          const sum = new ExactSum()
          for (const term of terms) add(sum, term)
          expect(plain(sum.finish())).toBe(plain(expected))
          expect(plain(grouped(terms, sizes))).toBe(plain(expected))
          expect(plain(grouped(terms.toSorted(), sizes))).toBe(plain(expected))
        },
      ),
      { numRuns: 400 },
    )
  })

  test('halves are rounded to even, once', () => {
    const half = 2 ** -53
    for (const terms of [
      [1, half],
      [1, half, 5e-324],
      [1, half, -5e-324],
      [1 + 2 * half, half],
      [1 + 2 * half, half, -5e-324],
      [1e16, 1, 1e-16],
      [2 ** 53, 0.5, 0.5],
      [2 ** 60, 2 ** 7, 0.5],
      [0.1, 0.2, 0.3, -0.6],
      [1e308, 1e308, -1e308],
      [Number.MAX_VALUE, 2 ** 969],
      [Number.MAX_VALUE, 2 ** 970],
    ]) {
      const sum = new ExactSum()
      for (const term of terms) sum.add(term)
      expect(sum.finish()).toBe(reference(terms))
    }
  })

  test('infinities and NaN are what they are in a sum', () => {
    expect(grouped([1, Infinity, 2.5], [1])).toBe(Infinity)
    expect(grouped([1, Infinity, -Infinity, 3], [2])).toBe(Number.NaN)
    expect(grouped([Number.NaN, Infinity], [1])).toBe(Number.NaN)
    expect(grouped([5n, -Infinity], [1])).toBe(-Infinity)
  })

  test('nothing adds up to zero, and a reset sum is a new one', () => {
    const sum = new ExactSum()
    expect(sum.finish()).toBe(0)
    for (const term of [0.5, Infinity, 2 ** 60]) sum.add(term)
    sum.addBigint(7n)
    sum.reset()
    expect(sum.finish()).toBe(0)
    expect(sum.plain).toBe(0)
  })

  test('what cancels out keeps its type', () => {
    const sum = new ExactSum()
    sum.add(Number.MAX_SAFE_INTEGER)
    sum.add(Number.MAX_SAFE_INTEGER)
    expect(sum.finish()).toBe(2n * BigInt(Number.MAX_SAFE_INTEGER))
    sum.add(-Number.MAX_SAFE_INTEGER)
    expect(sum.finish()).toBe(Number.MAX_SAFE_INTEGER)
    sum.addBigint(0n)
    expect(sum.finish()).toBe(BigInt(Number.MAX_SAFE_INTEGER))
  })

  test('many terms of every magnitude need no more room than is reckoned', () => {
    const sum = new ExactSum()
    const terms: number[] = []
    for (let exponent = -1074; exponent < 52; exponent++) terms.push(2 ** exponent * (exponent % 2 === 0 ? 1.5 : -1.25))
    for (let i = 0; i < 20_000; i++) sum.add(terms[(i * 7919) % terms.length] ?? 0)
    const all = Array.from({ length: 20_000 }, (_, i) => terms[(i * 7919) % terms.length] ?? 0)
    expect(sum.finish()).toBe(reference(all))
    expect(sum.encodePartial().length).toBeLessThan(600)
  })
})

/** toBe knows -0 from 0, which a sum of terms that cancel out need not. */
function plain(value: Term): Term {
  return value === 0 ? 0 : value
}
