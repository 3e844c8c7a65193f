import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { LZ_DAMAGED, LZ_TABLE_BYTES, lzUnpack } from '../../../mapreduce/kernels/lz.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { compiledKernels } from './compiled.ts'

const one = new Arena(512 * 1024)
const two = new Arena(512 * 1024)
const both = [
  [one, plainKernels(one)],
  [two, compiledKernels(two)],
] as const
const FROM = 1024
const TABLE = 128 * 1024
const TO = 256 * 1024
const BACK = 384 * 1024

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.tuple(fc.nat(255), fc.nat(700)).map(([byte, length]) => Buffer.alloc(length, byte)),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 9 }), fc.nat(90))
    .map(([text, times]) => Buffer.from(text.repeat(times))),
  fc.constantFrom('the common words ', 'of a text ', 'http://a.example/').map((text) => Buffer.from(text)),
)
const data = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.concat(pieces).subarray(0, 48 * 1024))

function pack(bytes: Uint8Array, limit: number): number[] {
  return both.map(([arena, kernels]) => {
    arena.bytes.fill(0xee, TO)
    arena.bytes.set(bytes, FROM)
    const packed = kernels.lzPack(FROM, bytes.length, TO, limit, TABLE)
    expect(packed).toBeLessThanOrEqual(limit)
    expect(arena.bytes.subarray(TO + limit + 16, TO + limit + 80).every((byte) => byte === 0xee)).toBe(true)
    return packed
  })
}

describe('packing', () => {
  test('gives the same bytes in both kernels, which unpack to what was packed', () => {
    fc.assert(
      fc.property(data, fc.constantFrom(0.3, 0.9, 1.1), (bytes, share) => {
        const [packed = 0, packedToo] = pack(bytes, Math.floor(bytes.length * share) + 16)
        expect(packedToo).toBe(packed)
        if (packed === 0) return
        expect(two.bytes.subarray(TO, TO + packed).equals(one.bytes.subarray(TO, TO + packed))).toBe(true)
        for (const [arena, kernels] of both) {
          expect(kernels.lzUnpack(TO, packed, BACK, bytes.length)).toBe(bytes.length)
          expect(arena.bytes.subarray(BACK, BACK + bytes.length).equals(bytes)).toBe(true)
          expect(
            arena.bytes.subarray(BACK + bytes.length, BACK + bytes.length + 64).every((byte) => byte === 0xee),
          ).toBe(true)
          if (bytes.length > 0) expect(kernels.lzUnpack(TO, packed, BACK, bytes.length - 1)).toBe(LZ_DAMAGED)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('makes text a good deal smaller, and leaves noise alone', () => {
    const words = Buffer.from(Array.from({ length: 4000 }, (_, i) => `word${(i * i) % 97}`).join(' ')).subarray(
      0,
      20_000,
    )
    expect(pack(words, 20_000).every((packed) => packed > 0 && packed < 10_000)).toBe(true)
    const noise = createHash('shake256', { outputLength: 20_000 }).update('noise').digest()
    expect(pack(noise, 19_000)).toEqual([0, 0])
  })
})

test('bytes that nothing packed are damage or are unpacked, alike, and never beyond their room', () => {
  expect(LZ_TABLE_BYTES).toBe(16384)
  fc.assert(
    fc.property(data, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (bytes, flips) => {
      const [packed = 0] = pack(bytes, bytes.length + 16 + Math.floor(bytes.length / 200))
      fc.pre(packed > 0)
      const damaged = Buffer.from(one.bytes.subarray(TO, TO + packed))
      for (const [place, byte] of flips) damaged[place % packed] = byte
      const room = bytes.length + 100
      const results = both.map(([arena, kernels]) => {
        arena.bytes.fill(0xee, TO)
        arena.bytes.set(damaged, TO)
        const found = kernels.lzUnpack(TO, packed, BACK, room)
        expect(arena.bytes.subarray(BACK + room, BACK + room + 64).every((byte) => byte === 0xee)).toBe(true)
        return found === LZ_DAMAGED ? 'damaged' : arena.bytes.toString('latin1', BACK, BACK + found)
      })
      expect(results[1] === results[0]).toBe(true)
      const elsewhere = Buffer.alloc(room)
      const found = lzUnpack(damaged, 0, packed, elsewhere, 0, room)
      expect(found === LZ_DAMAGED ? 'damaged' : elsewhere.toString('latin1', 0, found)).toBe(results[0])
    }),
    { numRuns: 400 },
  )
})
