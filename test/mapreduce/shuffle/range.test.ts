import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EncodedKey } from '../../../mapreduce/master/task.ts'
import { Encoder } from '../../../mapreduce/record/encode.ts'
import { kind } from '../../../mapreduce/record/kind.ts'
import { createPartitioner } from '../../../mapreduce/shuffle/partitioner.ts'
import { cutKeys, rangeOf } from '../../../mapreduce/shuffle/range.ts'

function encode(key: unknown): EncodedKey {
  const encoder = new Encoder()
  const keyKind = encoder.key(key)
  return { keyKind, key: Buffer.from(encoder.bytes.subarray(0, encoder.length)) }
}

const order = (a: EncodedKey, b: EncodedKey): number => a.keyKind - b.keyKind || Buffer.compare(a.key, b.key)
const keys = fc.oneof(
  fc.string({ maxLength: 4, unit: fc.constantFrom('a', 'b', '\0') }),
  fc.integer({ max: 9, min: -9 }),
)

describe('ranges of keys', () => {
  it('put keys into partitions in the order of the keys, equal ones together', () => {
    fc.assert(
      fc.property(fc.array(keys), fc.array(keys), fc.integer({ min: 1, max: 9 }), (sample, all, partitions) => {
        const cuts = cutKeys(sample.map(encode), partitions)
        expect(cuts.length).toBeLessThan(partitions)
        const of = rangeOf(cuts)
        const inOrder = all.map(encode).sort(order)
        const found = inOrder.map(({ keyKind, key }) => of(key, keyKind, 0, key.length))
        expect(found).toEqual([...found].sort((a, b) => a - b))
        for (const [i, partition] of found.entries()) {
          expect(partition).toBeLessThan(partitions)
          const [before, key] = [inOrder[i - 1], inOrder[i]]
          if (before !== undefined && key !== undefined && order(before, key) === 0)
            expect(partition).toBe(found[i - 1])
        }
      }),
    )
  })

  it('are about equally full where the sample is like the input', () => {
    const sample = Array.from({ length: 1000 }, (_, i) => encode((i * 7919) % 1000))
    const of = rangeOf(cutKeys(sample, 8))
    const counts = new Array<number>(8).fill(0)
    for (const { keyKind, key } of sample) {
      const partition = of(key, keyKind, 0, key.length)
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(124)
    expect(Math.max(...counts)).toBeLessThanOrEqual(126)
  })

  it('leave partitions empty rather than part equal keys', () => {
    expect(
      cutKeys(
        Array.from({ length: 100 }, () => encode('one')),
        4,
      ),
    ).toEqual([encode('one')])
    expect(cutKeys([], 4)).toEqual([])
  })

  it('look at the fields grouped by alone', () => {
    const cut = encode(['m'])
    // A tuple without its closing zero: what a sample of grouped keys holds.
    const cuts = [{ keyKind: kind.Tuple, key: cut.key.subarray(0, -1) }]
    const options = { partitions: 2, custom: undefined, cuts, userError: () => new Error('no') }
    const { of } = createPartitioner({ ...options, groupBy: 1 })
    const partition = (key: unknown): number => {
      const { key: bytes, keyKind } = encode(key)
      return of(Buffer.from(bytes), keyKind, 0, bytes.length)
    }
    expect([
      partition(['a', 9]),
      partition(['l', 1]),
      partition(['m', 0]),
      partition(['m', 9]),
      partition(['z']),
    ]).toEqual([0, 0, 1, 1, 1])
  })
})
