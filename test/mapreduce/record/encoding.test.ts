import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Decoded, Decoder } from '../../../mapreduce/record/decode.ts'
import { Encoder, tuplePrefixEnd } from '../../../mapreduce/record/encode.ts'
import { kind } from '../../../mapreduce/record/kind.ts'
import { Text } from '../../../mapreduce/record/text.ts'
import { readVarint, varint, writeVarint } from '../../../mapreduce/record/varint.ts'

type Item = string | number | bigint | boolean | null | Buffer | readonly Item[]

const numbers = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    Infinity,
    -Infinity,
    Number.NaN,
    Number.MIN_VALUE,
    Number.MAX_VALUE,
    0x3fffffff,
    -0x3fffffff,
    0x40000000,
  ),
)
const texts = fc.oneof(
  fc.string({ maxLength: 20, unit: 'binary' }),
  fc.array(fc.constantFrom(0, 1, 97, 254, 255), { maxLength: 8 }).map((list) => Buffer.from(list)),
)
const scalars: fc.Arbitrary<Item> = fc.oneof(
  texts,
  numbers,
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 2100n), max: 2n ** 2100n }),
  fc.constantFrom(0n, -1n, 255n, 256n, -255n, -256n),
  fc.boolean(),
  fc.constant(null),
)
const { item: keys } = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalars, fc.array(tie('item'), { maxLength: 4 })),
}))
const tuples = fc.array(keys, { maxLength: 4 })

function encoded(key: unknown): Buffer {
  const encoder = new Encoder()
  const keyKind = encoder.key(key)
  return Buffer.concat([Buffer.of(keyKind), encoder.bytes.subarray(0, encoder.length)])
}

function decoded(bytes: Buffer): Decoded {
  return new Decoder().decode(bytes, bytes[0] ?? 0, 1, bytes.length)
}

/** What comes back for a key: bytes for textual ones, 0 for -0. */
function seen(key: unknown): unknown {
  if (key instanceof Text) return key.toBytes()
  if (typeof key === 'string') return Buffer.from(key)
  if (Array.isArray(key)) return key.map(seen)
  return key === 0 ? 0 : key
}

const rank = (key: Item): number =>
  key === null
    ? 1
    : key === false
      ? 2
      : key === true
        ? 3
        : typeof key === 'number'
          ? 4
          : typeof key === 'bigint'
            ? 5
            : Array.isArray(key)
              ? 7
              : 6

/** The order of keys, as the contract says it. */
function order(a: Item, b: Item): number {
  if (rank(a) !== rank(b)) return Math.sign(rank(a) - rank(b))
  if (typeof a === 'number' && typeof b === 'number') {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
    return a < b ? -1 : a > b ? 1 : 0
  }
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0
  if (isTuple(a) && isTuple(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const difference = order(a[i] ?? null, b[i] ?? null)
      if (difference !== 0) return difference
    }
    return Math.sign(a.length - b.length)
  }
  const [x, y] = [seen(a), seen(b)]
  return x instanceof Buffer && y instanceof Buffer ? Buffer.compare(x, y) : 0
}

const isTuple = (item: Item): item is readonly Item[] => Array.isArray(item)

describe('keys', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(seen(decoded(encoded(key)))).toStrictEqual(seen(key))
      }),
      { numRuns: 1000 },
    )
  })

  test('sort by their bytes as they sort by value', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect(Buffer.compare(encoded(a), encoded(b))).toBe(order(a, b))
      }),
      { numRuns: 3000 },
    )
  })

  test('numbers near each other, bigints of like width, tuples with a common beginning sort by value', () => {
    const near = fc.oneof(
      fc.tuple(numbers, numbers),
      fc.tuple(fc.bigInt({ min: -70000n, max: 70000n }), fc.bigInt({ min: -70000n, max: 70000n })),
      fc.tuple(texts, texts),
      fc.tuple(tuples, tuples, tuples).map(([start, a, b]): [Item, Item] => [
        [...start, ...a],
        [...start, ...b],
      ]),
      fc.tuple(texts, tuples, tuples).map(([first, a, b]): [Item, Item] => [
        [first, ...a],
        [Buffer.concat([Buffer.from(first), Buffer.of(0)]), ...b],
      ]),
    )
    fc.assert(
      fc.property(near, ([a, b]) => {
        expect(Buffer.compare(encoded(a), encoded(b))).toBe(order(a, b))
        expect(Buffer.compare(encoded([a]), encoded([b]))).toBe(order([a], [b]))
      }),
      { numRuns: 3000 },
    )
  })

  test('a Text, a string and bytes are one key; so are 0 and -0, and every NaN', () => {
    const bytes = Buffer.from('xkéyx')
    expect(encoded(new Text(bytes, 1, bytes.length - 1))).toEqual(encoded('kéy'))
    expect(encoded(new Uint8Array(Buffer.from('kéy')))).toEqual(encoded('kéy'))
    expect(encoded(-0)).toEqual(encoded(0))
    const bits = new DataView(new ArrayBuffer(8))
    for (const high of [0x7ff80000, 0xfff80000, 0xffffffff, 0x7ff00001]) {
      bits.setUint32(0, high)
      bits.setUint32(4, 1)
      expect(encoded(bits.getFloat64(0))).toEqual(encoded(Number.NaN))
    }
  })

  test('a lone surrogate is the replacement character, whatever the length', () => {
    for (const text of ['\ud800', `${'x'.repeat(30000)}\udfff`]) {
      expect(seen(decoded(encoded(text)))).toStrictEqual(Buffer.from(text))
    }
  })

  test.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['an object', {}],
    ['a Map', new Map()],
    ['a tuple with an object', [1, {}]],
    ['a tuple with a function', [() => 1]],
  ])('%s is refused with what was given', (_name, key) => {
    expect(() => encoded(key)).toThrow(expect.objectContaining({ code: 'MR_USER_CODE' }))
  })

  test('undefined in a tuple is null', () => {
    expect(encoded([1, undefined])).toEqual(encoded([1, null]))
  })
})

describe('tuplePrefixEnd', () => {
  test('is where the field begins, and tells short tuples from those that go on', () => {
    fc.assert(
      fc.property(tuples, tuples, fc.integer({ min: 1, max: 4 }), (a, b, fields) => {
        const [x, y] = [encoded(a), encoded(b)]
        const prefix = (bytes: Buffer): Buffer => bytes.subarray(1, tuplePrefixEnd(bytes, 1, bytes.length, fields))
        const cut = (tuple: readonly Item[]): readonly Item[] => tuple.slice(0, fields)
        const agree = order(cut(a), cut(b)) === 0
        expect(prefix(x).equals(prefix(y))).toBe(agree)
        // No prefix is the beginning of another: groups never swallow each other.
        if (!agree) expect(x.subarray(1, 1 + prefix(y).length).equals(prefix(y))).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  test('a tuple without enough fields is wholly its own prefix', () => {
    const short = encoded(['a'])
    expect(tuplePrefixEnd(short, 1, short.length, 2)).toBe(short.length)
    const exact = encoded(['a', 'b'])
    expect(tuplePrefixEnd(exact, 1, exact.length, 2)).toBe(exact.length - 1)
  })
})

describe('values', () => {
  const encoder = new Encoder()
  const decoder = new Decoder()
  const roundTrip = (value: unknown): Decoded => {
    const valueKind = encoder.value(value)
    // Among other bytes, as in a run file.
    const bytes = Buffer.concat([Buffer.of(9, 9), encoder.bytes.subarray(0, encoder.length), Buffer.alloc(9, 0x31)])
    return decoder.decode(bytes, valueKind, 2, 2 + encoder.length)
  }

  test('scalars come back as they were, -0 too', () => {
    fc.assert(
      fc.property(scalars, (value) => {
        const back = roundTrip(value)
        const expected = typeof value === 'string' ? Buffer.from(value) : value
        expect(back instanceof Text ? back.toBytes() : back).toStrictEqual(expected)
      }),
      { numRuns: 1000 },
    )
  })

  test('small integers take few bytes, any integer comes back', () => {
    expect(encoder.value(1)).toBe(kind.Int)
    expect(encoder.length).toBe(1)
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.maxSafeInteger()), (value) => {
        expect(roundTrip(value)).toBe(value)
      }),
    )
    for (const edge of [
      63,
      64,
      -64,
      -65,
      8191,
      8192,
      0x3fffffff,
      0x40000000,
      -0x3fffffff,
      -0x40000000,
      2 ** 31,
      2 ** 32,
    ]) {
      expect(roundTrip(edge)).toBe(edge)
    }
  })

  test('nothing, arrays and objects', () => {
    expect(roundTrip(undefined)).toBeUndefined()
    expect(seen(roundTrip([1, 'a', [true, null]]))).toStrictEqual(seen([1, 'a', [true, null]]))
    expect(roundTrip([])).toStrictEqual([])
    expect(roundTrip({})).toStrictEqual({})
    expect(roundTrip({ a: [1, { b: null }], t: Text.from('té'), n: 5n })).toStrictEqual({
      a: [1, { b: null }],
      t: 'té',
      n: '5',
    })
    expect(roundTrip([{ a: 1 }, 2])).toStrictEqual([{ a: 1 }, 2])
    expect(roundTrip(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 })
  })

  test('an object that is a string or a number in JSON is that', () => {
    const day = new Date(0)
    expect(String(roundTrip(day))).toBe(day.toISOString())
    expect(roundTrip(new Number(5))).toBe(5)
  })

  test.each([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a circle', circle()],
    ['an object that is nothing in JSON', { toJSON: () => undefined }],
    ['a list with a symbol', [Symbol('s')]],
  ])('%s is refused', (_name, value) => {
    expect(() => encoder.value(value)).toThrow(expect.objectContaining({ code: 'MR_USER_CODE' }))
  })

  test('a large value after a small one, and a small one after a large one', () => {
    for (const length of [1, 100_000, 5, 300_000, 0]) {
      const value = 'é'.repeat(length)
      expect(String(roundTrip(value))).toBe(value)
      const back = seen(roundTrip([value, Buffer.alloc(length)]))
      expect(Buffer.concat(Array.isArray(back) ? back : []).equals(Buffer.from(value + '\0'.repeat(length)))).toBe(true)
    }
  })
})

function circle(): object {
  const around: { self?: unknown } = {}
  around.self = around
  return around
}

test('the limit of a field does not depend on what was encoded before', () => {
  const fresh = new Encoder()
  const used = new Encoder()
  // Growing by doubling passes the limit here.
  for (const megabytes of [33, 34]) used.key(Buffer.alloc(megabytes * 1024 * 1024))
  const tooLarge = Buffer.alloc(64 * 1024 * 1024 + 1)
  for (const encoder of [fresh, used]) {
    expect(() => encoder.key(tooLarge)).toThrow(expect.objectContaining({ code: 'MR_RECORD_TOO_LARGE' }))
    expect(encoder.key(tooLarge.subarray(1))).toBe(kind.Text)
  }
})

test('varints come back, and end where they were written to', () => {
  const bytes = Buffer.alloc(16, 0xff)
  fc.assert(
    fc.property(
      fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 127, 128, 16383, 16384, 2 ** 28, 2 ** 31, 2 ** 32 - 1)),
      (value) => {
        const end = writeVarint(bytes, 3, value)
        readVarint(bytes, 3)
        expect([varint.value, varint.next]).toEqual([value, end])
        expect(end - 3).toBeLessThanOrEqual(5)
      },
    ),
  )
})

test('a varint that never ends is read no further than five bytes', () => {
  readVarint(Buffer.alloc(64, 0xff), 0)
  expect(varint.next).toBeLessThanOrEqual(5)
})
