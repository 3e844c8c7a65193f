import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { arenaOffset, copyBytes, inArena, useArena } from '../../../mapreduce/record/copy-bytes.ts'

const arena = new Arena(4096)
let copied = 0
useArena(arena.bytes, (to, from, length) => {
  copied++
  plainKernels(arena).copy(to, from, length)
})

const lengths = fc.integer({ min: 0, max: 100 })
const pattern = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => (i * 7 + 3) & 255))

describe('copying a range of bytes', () => {
  it('gives the same bytes in the arena, out of it, into it and elsewhere', () => {
    const places = [arena.bytes, arena.bytes.subarray(1024, 3072), Buffer.alloc(2048)]
    fc.assert(
      fc.property(lengths, fc.nat(200), fc.nat(200), fc.nat(2), fc.nat(2), (length, start, at, from, to) => {
        const source = places[from] ?? arena.bytes
        const target = places[to] ?? arena.bytes
        // Never overlapping, wherever the two are.
        const [begin, into] = [start, at + 500]
        const bytes = pattern(length)
        target.fill(0, into - 1, into + length + 1)
        bytes.copy(source, begin)
        const { bytes: whole, offset } = inArena(source)
        copyBytes(whole, offset + begin, offset + begin + length, target, into, arenaOffset(target))
        expect(target.subarray(into - 1, into + length + 1)).toEqual(Buffer.concat([Buffer.of(0), bytes, Buffer.of(0)]))
      }),
    )
    expect(copied).toBeGreaterThan(0)
  })

  it('knows what lies in the arena', () => {
    expect(arenaOffset(arena.bytes)).toBe(0)
    expect(arenaOffset(arena.bytes.subarray(64, 128))).toBe(64)
    expect(arenaOffset(Buffer.alloc(64))).toBe(-1)
    expect(inArena(arena.bytes.subarray(64, 128))).toEqual({ bytes: arena.bytes, offset: 64 })
  })
})
