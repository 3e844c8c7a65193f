import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { BUFFER_BYTES, RECORD_OVERHEAD_BYTES, SLACK_BYTES } from '../../../mapreduce/kernels/layout.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { kind, packMeta } from '../../../mapreduce/record/kind.ts'
import { bitsOf } from '../../../mapreduce/shuffle/partitioner.ts'
import { RecordBuffer } from '../../../mapreduce/shuffle/record-buffer.ts'
import { sortKeys } from '../../../mapreduce/shuffle/sort.ts'
import { compiledKernels } from '../kernels/compiled.ts'

interface Row {
  readonly key: Buffer
  readonly kind: number
  readonly partition: number
}

const arena = new Arena(32 * 1024 * 1024)
const kernelsOf = { plain: plainKernels(arena), wasm: compiledKernels(arena) }
type KernelName = keyof typeof kernelsOf

/** Sorts the rows as the record buffer and the fold table have them; returns the order of their indices. */
function sorted(
  rows: readonly Row[],
  partitions: number,
  downward: boolean,
  name: KernelName,
  scratchEach = 0,
): number[] {
  const mark = arena.mark
  const count = rows.length
  const indexAt = arena.reserve(count * 16 + 16)
  const words = arena.reserve(count * 8 + 8)
  const stride = downward ? -16 : 16
  const base = downward ? indexAt + Math.max(0, count - 1) * 16 : indexAt
  rows.forEach(({ key, kind: keyKind }, i) => {
    const at = arena.reserve(key.length + 1) + (i % 3)
    arena.bytes.set(key, at)
    arena.u32[(base + i * stride) >>> 2] = at
    arena.u32[(base + i * stride + 4) >>> 2] = packMeta(keyKind, key.length)
  })
  const bits = bitsOf(partitions)
  const scratchBytes = scratchEach === 0 ? 0 : count * scratchEach + 20_000
  const scratch = { at: arena.reserve(scratchBytes), bytes: scratchBytes }
  const at = sortKeys(
    arena,
    kernelsOf[name],
    { count, base, stride, keyField: 0, metaField: 4, inlineBytesMax: -1, inlineField: 0 },
    words,
    bits > 0 ? { bits, at: (i: number): number => rows[i]?.partition ?? 0 } : { bits: 0 },
    scratch,
  )
  const order = Array.from({ length: count }, (_, rank) => at(rank))
  arena.release(mark)
  return order
}

function expected(rows: readonly Row[]): number[] {
  const compare = (a: Row, b: Row): number =>
    a.partition - b.partition || a.kind - b.kind || Buffer.compare(a.key, b.key)
  return rows
    .map((row, i) => ({ row, i }))
    .sort((a, b) => compare(a.row, b.row) || a.i - b.i)
    .map(({ i }) => i)
}

function check(rows: readonly Row[], partitions = 1): void {
  for (const [downward, name, scratchEach] of [
    [false, 'plain', 0],
    [false, 'plain', 8],
    [true, 'wasm', 0],
    [true, 'wasm', 8],
    [false, 'wasm', 40],
  ] as const) {
    const found = sorted(rows, partitions, downward, name, scratchEach)
    const wanted = expected(rows)
    const at = wanted.findIndex((index, rank) => index !== found[rank])
    if (at >= 0) expect.fail(`rank ${at} is record ${found[at]}, not ${wanted[at]}, of ${rows.length}`)
  }
}

const row = (key: string | Buffer, keyKind: number = kind.Text, partition = 0): Row => ({
  key: Buffer.from(key),
  kind: keyKind,
  partition,
})

describe('keys are in order, equal ones in the order they came', () => {
  const bytes = fc.oneof(
    fc.array(fc.constantFrom(0, 1, 97), { maxLength: 14 }),
    fc.array(fc.constantFrom(0, 255), { maxLength: 30 }),
    fc.array(fc.nat(255), { maxLength: 8 }),
    fc.array(fc.constant(0), { maxLength: 25 }),
    fc
      .tuple(fc.nat(30), fc.array(fc.constantFrom(0, 97, 98), { maxLength: 3 }))
      .map(([length, end]) => [...new Array(length).fill(97), ...end]),
  )
  const rowsOf = (partitions: number): fc.Arbitrary<Row[]> =>
    fc.array(
      fc.record({
        key: bytes.map((list) => Buffer.from(list)),
        kind: fc.constantFrom<number>(kind.Text, kind.Text, kind.Text, kind.Tuple, kind.Number),
        partition: fc.nat(partitions - 1),
      }),
      { maxLength: 120 },
    )

  test.each([1, 2, 3, 7, 16, 255, 256, 257, 1000, 65_536, 99_999])('in %d partitions, kinds mixed', (partitions) => {
    fc.assert(
      fc.property(rowsOf(partitions), (rows) => check(rows, partitions)),
      { numRuns: 60 },
    )
  })

  test('of one kind, many ties', () => {
    fc.assert(
      fc.property(
        fc.array(
          bytes.map((list) => row(Buffer.from(list))),
          { maxLength: 200 },
        ),
        (rows) => check(rows),
      ),
      { numRuns: 200 },
    )
  })

  test.each([0, 1, 2, 12, 13, 14, 1000, 20_000])('%d records', (count) => {
    const words = Array.from({ length: count }, (_, i) => row(`word${(i * 7919) % 613}`, kind.Text, i % 5))
    check(words, 5)
    check(words.map(({ key }) => row(key)))
  })

  test('one key many times, and none at all', () => {
    check(Array.from({ length: 3000 }, () => row('the')))
    check(Array.from({ length: 3000 }, () => row('')))
    check(Array.from({ length: 3000 }, (_, i) => row('', i % 2 === 0 ? kind.True : kind.False)))
  })

  test('keys that are each other’s beginnings, and differ only in zeros at the end', () => {
    check(Array.from({ length: 300 }, (_, i) => row('a'.repeat((i * 37) % 150))))
    check(Array.from({ length: 300 }, (_, i) => row(Buffer.alloc((i * 37) % 150))))
    check(Array.from({ length: 300 }, (_, i) => row(Buffer.concat([Buffer.from('key'), Buffer.alloc((i * 37) % 40)]))))
  })

  test('keys that agree for a hundred kilobytes', () => {
    const shared = 'x'.repeat(100_000)
    check(Array.from({ length: 40 }, (_, i) => row(`${shared}${(i * 7) % 40}`)))
    const zeros = Buffer.alloc(100_000)
    check(
      Array.from({ length: 40 }, (_, i) =>
        row(Buffer.concat([zeros.subarray(0, i % 2 === 0 ? 3 : 100_000), Buffer.from(String(i % 20))])),
      ),
    )
    check(Array.from({ length: 40 }, (_, i) => row(zeros.subarray(0, i % 2 === 0 ? 3 : 100_000))))
  })

  test('every key the beginning of the next, for thousands of keys', () => {
    check(Array.from({ length: 5000 }, (_, i) => row('y'.repeat((i * 1637) % 5000))))
  })
})

describe('a record buffer', () => {
  test('holds exactly what it says fits, and sorts when it is full', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 256, max: 4096 }),
        fc.nat(63),
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 100 }), fc.nat(2)), {
          minLength: 100,
          maxLength: 100,
        }),
        (byteLength, skew, rows) => {
          const mark = arena.mark
          const guard = 64
          const at = arena.reserve(byteLength + 256) + guard + skew
          arena.bytes.fill(0xab, at - guard - skew, at + byteLength + guard)
          const buffer = new RecordBuffer(arena, kernelsOf.wasm, at, byteLength)
          const kept: Row[] = []
          for (const [key, value, partition] of rows) {
            if (!buffer.fits(key.length + value.length)) break
            buffer.append(key, kind.Text, 0, key.length, value, kind.Json, 0, value.length, partition)
            kept.push(row(Buffer.from(key), kind.Text, partition))
          }
          const counted = [0, 1, 2].map((p) => kept.filter(({ partition }) => partition === p).length)
          expect([...buffer.counts(3)]).toEqual(counted)
          const indexAt = buffer.sort(2)
          const order = kept.map((_, rank) => indexAt(rank))
          expect(order).toEqual(expected(kept))
          const view = {
            keyBytes: arena.bytes,
            keyKind: 0,
            keyStart: 0,
            keyEnd: 0,
            valueBytes: arena.bytes,
            valueKind: 0,
            valueStart: 0,
            valueEnd: 0,
          }
          for (const i of order) {
            buffer.viewOf(i, view)
            expect(arena.bytes.subarray(view.keyStart, view.keyEnd).equals(Buffer.from(rows[i]?.[0] ?? []))).toBe(true)
            expect(arena.bytes.subarray(view.valueStart, view.valueEnd).equals(Buffer.from(rows[i]?.[1] ?? []))).toBe(
              true,
            )
            expect([view.keyKind, view.valueKind]).toEqual([kind.Text, kind.Json])
          }
          const untouched = (from: number, to: number): boolean =>
            arena.bytes.subarray(from, to).every((byte) => byte === 0xab)
          expect(untouched(at - guard - skew, at)).toBe(true)
          expect(untouched(at + byteLength, at + byteLength + guard)).toBe(true)
          buffer.clear()
          expect([buffer.empty, buffer.count]).toEqual([true, 0])
          arena.release(mark)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('that is empty and too small says no, whatever it held before', () => {
    const mark = arena.mark
    const buffer = new RecordBuffer(arena, kernelsOf.plain, arena.reserve(1024), 1024)
    const most = 1024 - BUFFER_BYTES - RECORD_OVERHEAD_BYTES - SLACK_BYTES
    expect(buffer.fits(most)).toBe(true)
    expect(buffer.fits(most + 1)).toBe(false)
    buffer.append(Buffer.alloc(most), kind.Text, 0, most, Buffer.alloc(0), kind.Null, 0, 0, 0)
    expect(buffer.fits(0)).toBe(false)
    buffer.clear()
    expect(buffer.fits(most)).toBe(true)
    arena.release(mark)
  })
})
