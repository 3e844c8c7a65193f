import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decoder } from '../../../mapreduce/record/decode.ts'
import { desc } from '../../../mapreduce/record/descending.ts'
import { Encoder, holdsNullItem, tuplePrefixEnd } from '../../../mapreduce/record/encode.ts'
import { kind } from '../../../mapreduce/record/kind.ts'
import { Text } from '../../../mapreduce/record/text.ts'

type Item = string | number | bigint | boolean | null | readonly Item[]

const scalars: fc.Arbitrary<Item> = fc.oneof(
  fc.string({ maxLength: 6, unit: 'binary' }),
  fc.constantFrom('', 'a', 'a\0', 'a\0\0', 'ab', '\xff'),
  fc.double({ noNaN: true }),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
)
const { item: keys } = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof({ depthSize: 'small' }, scalars, fc.array(tie('item'), { maxLength: 3 })),
}))

function encoded(key: unknown): Buffer {
  const encoder = new Encoder()
  const keyKind = encoder.key(key)
  return Buffer.concat([Buffer.of(keyKind), encoder.bytes.subarray(0, encoder.length)])
}

const decoded = (bytes: Buffer): unknown =>
  plain(new Decoder().decode(Buffer.concat([bytes, Buffer.from([7, 0, 7])]), bytes[0] ?? 0, 1, bytes.length))

/** Keys as they come back, in one form. */
function plain(key: unknown): unknown {
  if (key instanceof Text || typeof key === 'string') return Buffer.from(String(key)).toString('hex')
  if (Array.isArray(key)) return key.map(plain)
  return key === 0 ? 0 : key
}

describe('a descending key', () => {
  it('sorts the other way round, whatever it is and however deep it stands', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const order = Math.sign(Buffer.compare(encoded([a]), encoded([b])))
        expect(Math.sign(Buffer.compare(encoded(desc(a)), encoded(desc(b))))).toBe(order === 0 ? 0 : -order)
        expect(Math.sign(Buffer.compare(encoded(['x', desc(a), 'z']), encoded(['x', desc(b), 'a'])))).toBe(
          order === 0 ? 1 : -order,
        )
        expect(Math.sign(Buffer.compare(encoded(desc(desc(a))), encoded(desc(desc(b)))))).toBe(order)
      }),
    )
  })

  it('comes back as the value itself', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect(decoded(encoded(desc(a)))).toEqual(plain(a))
        expect(decoded(encoded([desc(a), b, desc(desc(b)), desc([desc(a), b])]))).toEqual(plain([a, b, b, [a, b]]))
      }),
    )
  })

  it('is a field that can be grouped by', () => {
    fc.assert(
      fc.property(keys, keys, keys, (a, b, c) => {
        const key = encoded([desc(a), b])
        const other = encoded([desc(a), c])
        const end = tuplePrefixEnd(key, 1, key.length, 1)
        expect(tuplePrefixEnd(other, 1, other.length, 1)).toBe(end)
        expect(key.subarray(0, end)).toEqual(other.subarray(0, end))
        expect(end).toBe(1 + encoded(desc(a)).length)
      }),
    )
  })

  it('is null for a join when what it holds is', () => {
    const holds = (key: unknown): boolean => {
      const bytes = encoded(key)
      return holdsNullItem(bytes, bytes[0] ?? 0, 1, bytes.length)
    }
    expect(holds(desc(null))).toBe(true)
    expect(holds([1, desc(null)])).toBe(true)
    expect(holds([1, desc(0)])).toBe(false)
    expect(encoded(desc(null))[0]).toBe(kind.Descending)
  })

  it('is no value, nor part of one', () => {
    for (const value of [desc(1), [desc(1)], { a: [desc('x')] }]) {
      expect(() => new Encoder().value(value)).toThrow(/turns the order of a key round/)
    }
  })
})
