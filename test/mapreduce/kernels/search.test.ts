import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { SLACK_BYTES } from '../../../mapreduce/kernels/layout.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { compiledKernels } from './compiled.ts'

const ARENA_BYTES = 256 * 1024
const NEEDLE = 64 * 1024
const OUT = 128 * 1024

const one = new Arena(ARENA_BYTES)
const two = new Arena(ARENA_BYTES)
const both = [
  [one, plainKernels(one)],
  [two, compiledKernels(two)],
] as const

/** Few letters, so that needles are found in part again and again, and line ends of all kinds. */
const letters = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(97, 98, 97) },
  { weight: 2, arbitrary: fc.constant(10) },
  { weight: 1, arbitrary: fc.constantFrom(13, 0, 255) },
)
const texts = fc.oneof(
  fc.array(letters, { maxLength: 300 }),
  fc.array(fc.constantFrom(97, 98), { maxLength: 300 }),
  fc.array(fc.constant(10), { maxLength: 80 }),
)
const needles = fc.oneof(
  fc.array(fc.constantFrom(97, 98), { minLength: 1, maxLength: 4 }),
  fc.array(letters, { minLength: 1, maxLength: 40 }),
)

interface Found {
  readonly lines: readonly (readonly [start: number, end: number, passed: number])[]
  readonly upTo: number
  readonly passed: number
}

/** By splitting a string. */
function reference(bytes: readonly number[], needle: readonly number[], crlf: boolean, most: number): Found {
  const text = Buffer.from(bytes).toString('latin1')
  const wanted = Buffer.from(needle).toString('latin1')
  const lines: [number, number, number][] = []
  let passed = 0
  let at = 0
  while (at < text.length && lines.length < most) {
    const feed = text.indexOf('\n', at)
    const end = feed < 0 ? text.length : feed
    const line = text.slice(at, end)
    const shown = crlf && line.endsWith('\r') ? line.slice(0, -1) : line
    if (shown.includes(wanted)) {
      lines.push([at, at + shown.length, passed])
      passed = 0
    } else passed++
    at = end + 1
  }
  return { lines, upTo: Math.min(at, text.length), passed }
}

function found({ u32 }: Arena, count: number, at: number): Found {
  const word = (i: number): number => u32[(OUT >>> 2) + i] ?? 0
  const lines = Array.from(
    { length: count },
    (_, i) => [word(2 + i * 3) - at, word(3 + i * 3) - at, word(4 + i * 3)] as const,
  )
  return { lines, upTo: word(0) - at, passed: word(1) }
}

test('countFeeds counts the same in both kernels, none at or behind the limit', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 128, max: 200 }), fc.nat(40), (bytes, at, times) => {
      const all = Array.from({ length: times + 1 }, () => bytes).flat()
      for (const [arena, kernels] of both) {
        arena.bytes.fill(10, at - 64, at + all.length + 64)
        arena.bytes.set(all, at)
        expect(kernels.countFeeds(at, at + all.length)).toBe(all.filter((byte) => byte === 10).length)
      }
    }),
  )
})

test('countFeeds counts more than a byte holds in every place of a block', () => {
  for (const [arena, kernels] of both) {
    arena.bytes.fill(10)
    expect(kernels.countFeeds(64, 100_000)).toBe(99_936)
  }
})

describe('matchingLines finds the lines that hold the needle, and counts the others', () => {
  test('at any alignment, for any two places of the needle, however many are asked for', () => {
    fc.assert(
      fc.property(
        texts,
        needles,
        fc.integer({ min: 128, max: 200 }),
        fc.oneof(fc.nat(4), fc.constant(1000)),
        fc.boolean(),
        fc.nat(39),
        fc.nat(39),
        fc.constantFrom(97, 98, 10),
        (bytes, needle, at, most, crlf, first, second, around) => {
          const expected = reference(bytes, needle, crlf, most)
          for (const [arena, kernels] of both) {
            arena.bytes.fill(around, at - 64, at + bytes.length + 64)
            arena.bytes.set(bytes, at)
            arena.bytes.set(needle, NEEDLE)
            arena.bytes.fill(0xee, OUT)
            const count = kernels.matchingLines(
              at,
              at + bytes.length,
              NEEDLE,
              needle.length,
              first % needle.length,
              second % needle.length,
              crlf ? 1 : 0,
              OUT,
              most,
            )
            expect(found(arena, count, at)).toEqual(expected)
            const behind = OUT + 8 + most * 12
            expect(arena.bytes.subarray(behind, behind + 64).every((byte) => byte === 0xee)).toBe(true)
          }
        },
      ),
      { numRuns: 1500 },
    )
  })

  test('at the end of the arena, but for the slack', () => {
    const results = [plainKernels, compiledKernels].map((make) => {
      const arena = new Arena(65536)
      const kernels = make(arena)
      const end = arena.bytes.length - SLACK_BYTES
      arena.bytes.fill(97, end - 1000)
      arena.bytes.write('\nneedle', end - 7)
      arena.bytes.write('needle', 64)
      return [kernels.matchingLines(end - 1000, end, 64, 6, 0, 5, 0, 1024, 10), [...arena.u32.subarray(256, 261)]]
    })
    expect(results[0]?.[0]).toBe(1)
    expect(results[1]).toEqual(results[0])
  })
})
