import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashKey, partitionOf } from '../../../mapreduce/record/hash.ts'
import { kind } from '../../../mapreduce/record/kind.ts'

const hashOf = (text: string | Buffer, keyKind: number = kind.Text): number => {
  const bytes = Buffer.from(text)
  return hashKey(bytes, keyKind, 0, bytes.length)
}

test('the hash of a key never changes: outputs of old versions keep their parts', () => {
  expect(['', 'a', 'the', 'quern', 'eight888', 'nine99999', 'é', 'a'.repeat(1000)].map((key) => hashOf(key))).toEqual([
    2612108442, 3851523045, 790895893, 2063674123, 426561543, 1354962320, 2715007256, 762625465,
  ])
  expect([kind.Null, kind.False, kind.True].map((keyKind) => hashOf('', keyKind))).toEqual([
    1751787172, 1967537302, 754640237,
  ])
  expect(hashOf(Buffer.from('bff0000000000000', 'hex'), kind.Number)).toBe(2816127049)
})

test('the hash looks at its own bytes only, wherever they lie', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(9), fc.nat(255), (key, at, around) => {
      const bytes = Buffer.alloc(64, around)
      bytes.set(key, at)
      expect(hashKey(bytes, kind.Text, at, at + key.length)).toBe(hashKey(key, kind.Text, 0, key.length))
    }),
  )
})

test('zeros at the end, and the kind, are part of the key', () => {
  const keys = [0, 1, 2, 3, 4, 7, 8, 9, 12].map((length) => hashOf(Buffer.alloc(length)))
  expect(new Set(keys).size).toBe(keys.length)
  expect(hashOf('', kind.Null)).not.toBe(hashOf('', kind.True))
})

test('partitions are in range and about even', () => {
  for (const partitions of [1, 2, 3, 7, 1000]) {
    expect([partitionOf(0, partitions), partitionOf(0xffffffff, partitions)]).toEqual([0, partitions - 1])
  }
  const counts = new Array(7).fill(0)
  for (let i = 0; i < 7000; i++) counts[partitionOf(hashOf(`key ${i}`), 7)]++
  expect(Math.min(...counts)).toBeGreaterThan(850)
  expect(Math.max(...counts)).toBeLessThan(1150)
})
