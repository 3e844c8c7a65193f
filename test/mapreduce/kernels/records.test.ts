import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import type { Kernels } from '../../../mapreduce/kernels/kernels.ts'
import { BUFFER_BYTES, buffer, INDEX_BYTES, index, TEXT_BYTES } from '../../../mapreduce/kernels/layout.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { hashKey, partitionOf } from '../../../mapreduce/record/hash.ts'
import { kind, packMeta } from '../../../mapreduce/record/kind.ts'
import { cutBytes, layCuts } from '../../../mapreduce/shuffle/arena-cuts.ts'
import { rangeOf } from '../../../mapreduce/shuffle/range.ts'
import { compiledKernels } from './compiled.ts'

const ARENA_BYTES = 1024 * 1024
const one = new Arena(ARENA_BYTES)
const two = new Arena(ARENA_BYTES)
const both: readonly (readonly [Arena, Kernels])[] = [
  [one, plainKernels(one)],
  [two, compiledKernels(two)],
]
const TEXTS = 4096
const PENDING = 200 * 1024
const CUTS = 300 * 1024
const STATE = 400 * 1024
const OUT = 700 * 1024

const field = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.array(fc.constantFrom(0, 97, 255), { maxLength: 12 }).map((list) => Uint8Array.from(list)),
  fc.nat(30).map((n) => Buffer.from(`the same beginning ${n}`)),
  fc.nat(700).map((n) => Buffer.alloc(n, 120)),
)
const records = fc.oneof(
  fc.array(fc.tuple(field, fc.option(field)), { maxLength: 60 }),
  fc.array(
    fc.tuple(
      fc.nat(99).map((n) => Buffer.from(`alike for long ${n}`)),
      fc.constant(null),
    ),
    { maxLength: 9 },
  ),
)
type Records = readonly (readonly [Uint8Array, Uint8Array | null])[]

/** Lays texts and an empty buffer of `room` bytes in both arenas. */
function begin(rows: Records, room: number): void {
  for (const [{ bytes, u32 }] of both) {
    bytes.fill(0xee)
    let at = TEXTS
    rows.forEach(([key, value], i) => {
      const text = (PENDING + i * TEXT_BYTES) >>> 2
      bytes.set(key, at)
      u32[text] = at
      u32[text + 1] = packMeta(kind.Text, key.length)
      at += key.length + 3
      u32[text + 2] = value === null ? 0 : at
      u32[text + 3] = value === null ? packMeta(kind.Absent, 0) : packMeta(kind.Text, value.length)
      if (value !== null) bytes.set(value, at)
      at += (value?.length ?? 0) + 3
    })
    u32[(STATE >>> 2) + buffer.used] = STATE + BUFFER_BYTES
    u32[(STATE >>> 2) + buffer.count] = 0
    u32[(STATE >>> 2) + buffer.top] = STATE + BUFFER_BYTES + room * 16
  }
}

const word = ({ u32 }: Arena, at: number): number => u32[at >>> 2] ?? 0
const same = (from: number, to: number): void => {
  expect(two.bytes.subarray(from, to).equals(one.bytes.subarray(from, to))).toBe(true)
}

describe('records of texts', () => {
  test('are copied in alike as far as there is room, each with the partition its key has elsewhere', () => {
    fc.assert(
      fc.property(
        records,
        fc.integer({ min: 2, max: 400 }),
        fc.integer({ min: 1, max: 9 }),
        fc.option(fc.array(fc.tuple(fc.constantFrom(4, 6, 6, 6, 7), field), { maxLength: 8 })),
        (rows, room, partitions, cutRows) => {
          begin(rows, room)
          const cuts = cutRows
            ?.map(([keyKind, key]) => ({ keyKind, key: Buffer.from(key) }))
            .sort((a, b) => a.keyKind - b.keyKind || Buffer.compare(a.key, b.key))
          const [taken, takenToo] = both.map(([arena, kernels]) => {
            const at = cuts === undefined ? 0 : CUTS
            if (cuts !== undefined) expect(cutBytes(cuts)).toBeLessThan(STATE - CUTS)
            const count = cuts === undefined ? 0 : layCuts(arena, CUTS, cuts).count
            return kernels.append(STATE, PENDING, 0, rows.length, partitions, at, count)
          })
          expect(takenToo).toBe(taken)
          const top = word(one, STATE + buffer.top * 4)
          const used = word(one, STATE + buffer.used * 4)
          expect(word(two, STATE + buffer.used * 4)).toBe(used)
          same(STATE + BUFFER_BYTES, used)
          same(top - (taken ?? 0) * INDEX_BYTES, top + 100)
          const place = cuts === undefined ? undefined : rangeOf(cuts)
          for (let i = 0; i < (taken ?? 0); i++) {
            const entry = top - (i + 1) * INDEX_BYTES
            const key = word(two, entry + index.key)
            const [bytes, value] = rows[i] ?? [new Uint8Array(), null]
            const end = key + bytes.length
            expect(two.bytes.subarray(key, end).equals(bytes)).toBe(true)
            expect(two.bytes.subarray(end, end + (value?.length ?? 0)).equals(value ?? Buffer.alloc(0))).toBe(true)
            const expected =
              place?.(two.bytes, kind.Text, key, end) ??
              partitionOf(hashKey(two.bytes, kind.Text, key, end), partitions)
            expect(word(two, entry + index.partition)).toBe(expected)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('get the same words, the same order, and stand in a run alike', () => {
    fc.assert(
      fc.property(
        records,
        fc.integer({ min: 0, max: 12 }),
        fc.constantFrom(0, 1, 3, 8, 17),
        fc.integer({ min: 100, max: 3000 }),
        fc.boolean(),
        (rows, depth, bits, blockBytes, isHash) => {
          begin(rows, 6000)
          const partitions = bits === 0 ? 1 : 1 << Math.min(bits, 12)
          for (const [, kernels] of both) kernels.append(STATE, PENDING, 0, rows.length, partitions, 0, 0)
          const top = word(one, STATE + buffer.top * 4)
          const words = Math.ceil(word(one, STATE + buffer.used * 4) / 8) * 8
          const keys = {
            count: rows.length,
            base: top - INDEX_BYTES,
            stride: -INDEX_BYTES,
            keyField: index.key,
            metaField: index.meta,
            inlineBytesMax: -1,
            inlineField: 0,
          }
          const [agreed, agreedToo] = both.map(([, kernels]) => (rows.length > 0 ? kernels.agree(keys) : 0))
          expect(agreedToo).toBe(agreed)
          const [[first = new Uint8Array()] = []] = rows
          const beginning = Buffer.from(first)
            .toString('hex')
            .slice(0, 2 * (agreed ?? 0))
          expect(rows.every(([key]) => Buffer.from(key).toString('hex').startsWith(beginning))).toBe(true)
          const hashed = isHash ? partitions : 0
          for (const [, kernels] of both) kernels.pack(words, keys, depth, bits, index.partition, hashed)
          same(words, words + rows.length * 8)
          for (const [, kernels] of both) kernels.radix(words, rows.length, OUT)
          same(words, words + rows.length * 8)
          for (const [{ bytes }] of both) bytes.fill(0xee, OUT)
          for (let rank = 0; rank < rows.length; ) {
            const next = both.map(([, kernels]) =>
              kernels.gather(STATE, words, rank, rows.length, OUT, OUT + 4000, OUT + blockBytes),
            )
            expect(next[1]).toBe(next[0])
            const end = word(one, STATE + buffer.end * 4)
            expect(word(two, STATE + buffer.end * 4)).toBe(end)
            same(OUT, end)
            expect(two.bytes.subarray(OUT + 4000, OUT + 4100).every((byte) => byte === 0xee)).toBe(true)
            rank = next[0] ?? rows.length
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

test('a radix sort orders words by their high forty bits, and leaves equal ones as they came', () => {
  const [, [arena, kernels]] = both as [unknown, readonly [Arena, Kernels]]
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.bigInt(0n, (1n << 40n) - 1n),
          fc.bigInt(0n, 5n),
          fc.bigInt(0n, 3n).map((n) => n << 30n),
        ),
        {
          maxLength: 300,
        },
      ),
      (highs) => {
        const words = new BigUint64Array(arena.memory.buffer, TEXTS, highs.length)
        highs.forEach((high, i) => {
          words[i] = (high << 24n) | BigInt(i)
        })
        const expected = [...words].sort((a, b) => (a < b ? -1 : 1))
        kernels.radix(TEXTS, highs.length, OUT)
        expect([...words]).toEqual(expected)
      },
    ),
    { numRuns: 300 },
  )
})
