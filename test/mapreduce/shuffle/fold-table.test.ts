import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import type { Kernels } from '../../../mapreduce/kernels/kernels.ts'
import { type FoldOperation, stopped } from '../../../mapreduce/kernels/layout.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { useArena } from '../../../mapreduce/record/copy-bytes.ts'
import { packMeta } from '../../../mapreduce/record/kind.ts'
import { FoldTable } from '../../../mapreduce/shuffle/fold-table.ts'
import { RunWriter } from '../../../mapreduce/shuffle/run-writer.ts'
import { SortedEntries } from '../../../mapreduce/shuffle/sorted-entries.ts'
import { compiledKernels } from '../kernels/compiled.ts'
import { freshFile, removeFiles } from './runs.ts'

afterAll(removeFiles)

const BATCH = 512

/** A table in an arena of its own, fed by strings. */
class Fed {
  readonly table: FoldTable
  readonly arena: Arena
  readonly kernels: Kernels
  private readonly pending: number
  private readonly values: number
  private readonly stage: number
  readonly spilled: string[][] = []

  constructor(make: (arena: Arena) => Kernels, operation: FoldOperation, byteLength: number) {
    this.arena = new Arena(byteLength + 1024 * 1024)
    this.pending = this.arena.reserve(BATCH * 8)
    this.values = this.arena.reserve(BATCH * 8)
    this.stage = this.arena.reserve(512 * 1024)
    this.kernels = make(this.arena)
    this.table = new FoldTable(this.arena, this.kernels, operation, byteLength)
  }

  /** Folds all rows, spilling whenever the table says it is full. */
  feed(rows: readonly (readonly [string, number])[]): void {
    const { arena, table } = this
    for (let from = 0; from < rows.length; from += BATCH) {
      const batch = rows.slice(from, from + BATCH)
      let at = this.stage
      batch.forEach(([key, value], i) => {
        const length = arena.bytes.write(key, at, 'latin1')
        arena.u32[(this.pending >>> 2) + i * 2] = at
        arena.u32[(this.pending >>> 2) + i * 2 + 1] = packMeta(6, length)
        arena.f64[(this.values >>> 3) + i] = value
        at += length
      })
      for (let next = 0; next < batch.length; ) {
        next = table.fold(this.pending, this.values, next, batch.length)
        if (next === batch.length) break
        expect([stopped.tableFull, stopped.keysFull]).toContain(table.stoppedBy)
        this.spill()
      }
    }
  }

  spill(): void {
    expect(this.table.count).toBeGreaterThan(0)
    this.spilled.push(this.sorted())
    this.table.clear()
    expect(this.table.count).toBe(0)
  }

  sorted(): string[] {
    const { table, arena } = this
    const at = table.sort(3, (i) => table.hashOf(i) % 3)
    return Array.from({ length: table.count }, (_, rank) => {
      const i = at(rank)
      const key = arena.bytes.toString('latin1', table.keyStartOf(i), table.keyStartOf(i) + table.keyLengthOf(i))
      return `${table.hashOf(i) % 3} ${key} ${table.keyKindOf(i)} ${table.valueOf(i)}`
    })
  }
}

const kernels = { plain: plainKernels, wasm: compiledKernels }

describe.each(Object.entries(kernels))('a table with %s kernels', (_name, make) => {
  test.each(['sum', 'min', 'max'] as const)('holds the %s of every key, through growing', (operation) => {
    const rows = Array.from({ length: 60_000 }, (_, i): [string, number] => {
      const n = (i * 2654435761) % 4294967296
      return [`${'k'.repeat(n % 13)}${n % 20_011}`, (n % 2001) - 1000]
    })
    const fed = new Fed(make, operation, 8 * 1024 * 1024)
    fed.feed(rows)
    expect(fed.spilled).toEqual([])
    const expected = new Map<string, number>()
    const merge = { sum: (a: number, b: number) => a + b, min: Math.min, max: Math.max }[operation]
    for (const [key, value] of rows) {
      const old = expected.get(key)
      expected.set(key, old === undefined ? value : merge(old, value))
    }
    const found = fed.sorted().map((line) => line.split(' '))
    expect(found.length).toBe(expected.size)
    expect(found.every(([, key = '', , value]) => String(expected.get(key)) === value)).toBe(true)
  })

  test('keeps the statistics of every key, through growing', () => {
    const expected = new Map<string, number[]>()
    const rows = Array.from({ length: 30_000 }, (_, i): [string, number] => {
      const n = (i * 2654435761) % 4294967296
      return [`${'k'.repeat(n % 21)}${n % 9001}`, n % 13 === 0 ? -0 : (n % 2001) - 1000]
    })
    for (const [key, value] of rows) expected.set(key, [...(expected.get(key) ?? []), value])
    const fed = new Fed(make, 'stats', 4 * 1024 * 1024)
    fed.feed(rows)
    expect(fed.spilled).toEqual([])
    const { table, arena } = fed
    expect(table.count).toBe(expected.size)
    for (let i = 0; i < table.count; i++) {
      const key = arena.bytes.toString('latin1', table.keyStartOf(i), table.keyStartOf(i) + table.keyLengthOf(i))
      const values = expected.get(key)?.map((value) => value + 0) ?? []
      const found = { ...table.statsOf(i), sum: table.valueOf(i) }
      const want = { count: values.length, min: Math.min(...values), max: Math.max(...values) }
      expect(Object.entries(found)).toEqual(Object.entries({ ...want, sum: values.reduce((a, b) => a + b, 0) }))
    }
  })

  test('that is too small for its keys spills, and what was spilled adds up', () => {
    fc.assert(
      fc.property(fc.constantFrom(64 * 1024, 100_000, 300_000), fc.constantFrom(3, 9, 200), (byteLength, length) => {
        const rows = Array.from({ length: 20_000 }, (_, i): [string, number] => [
          `${(i * 7919) % 9973}`.padEnd(length, 'x'),
          1,
        ])
        const fed = new Fed(make, 'sum', byteLength)
        fed.feed(rows)
        fed.spill()
        expect(fed.spilled.length).toBeGreaterThan(1)
        const total = fed.spilled.flat().reduce((sum, line) => sum + Number(line.split(' ')[3]), 0)
        expect(total).toBe(rows.length)
      }),
      { numRuns: 9 },
    )
  })

  test('writes its entries by a kernel as one at a time, in each partition by the hash of the keys', () => {
    const numbers = [0, -0, 1, -1, 127, -128, 2 ** 30 - 1, 2 ** 30, -(2 ** 30), 2 ** 40 + 1, Number.MAX_SAFE_INTEGER]
    const rows = Array.from({ length: 6000 }, (_, i): [string, number] => {
      const n = (i * 2654435761) % 4294967296
      return [`${'key'.repeat(n % 11)}${n % 5501}`, numbers[n % numbers.length] ?? 0]
    })
    for (const holds of ['values', 'keys', 'partial counts'] as const) {
      const fed = new Fed(make, 'max', 4 * 1024 * 1024)
      fed.feed(holds === 'partial counts' ? rows.filter(([, value]) => value >= 0) : rows)
      const { table, arena } = fed
      useArena(arena.bytes, fed.kernels.copy)
      const at = arena.reserve(128 * 1024)
      const written = [arena.bytes.subarray(at, at + 128 * 1024), Buffer.alloc(128 * 1024)].map((buffer) => {
        const file = freshFile()
        const writer = new RunWriter(file, buffer)
        const indexAt = table.sort(5)
        let rank = 0
        const slices = [...table.counts(5)].map((entries) => {
          writer.writeSorted(new SortedEntries(table, indexAt, rank, rank + entries, holds), () => {})
          rank += entries
          return writer.endSlice()
        })
        writer.close()
        return { bytes: readFileSync(file), slices }
      })
      expect(written[0]?.slices).toEqual(written[1]?.slices)
      expect(written[0]?.slices.every(({ records }) => records > 500)).toBe(true)
      expect(written[0]?.bytes.equals(written[1]?.bytes ?? Buffer.alloc(0))).toBe(true)
    }
  })

  test('takes keys as long as it says, a good many of them', () => {
    const fed = new Fed(make, 'sum', 3 * 1024 * 1024)
    const { keyBytesMax } = fed.table
    expect(keyBytesMax).toBeGreaterThan(8)
    const rows = Array.from({ length: 16 }, (_, i): [string, number] => [
      String.fromCharCode(97 + i).repeat(keyBytesMax),
      i,
    ])
    fed.feed(rows)
    expect(fed.spilled).toEqual([])
    expect(fed.table.count).toBe(16)
  })
})

test('both kernels leave the same entries in the same order, spill by spill', () => {
  const rows = Array.from({ length: 30_000 }, (_, i): [string, number] => [
    `${'p'.repeat((i * 31) % 40)}${(i * 7919) % 5003}`,
    i,
  ])
  const [plain, wasm] = [plainKernels, compiledKernels].map((make) => {
    const fed = new Fed(make, 'sum', 200_000)
    fed.feed(rows)
    fed.spill()
    return fed.spilled.map((lines) => lines.join('\n')).join('\n\n')
  })
  expect(plain === wasm).toBe(true)
  expect(plain?.length).toBeGreaterThan(100_000)
})

test('in the region it was given, whatever its size', () => {
  for (let byteLength = 40_000; byteLength < 40_000_000; byteLength = Math.floor(byteLength * 1.37)) {
    for (const operation of ['sum', 'stats'] as const) {
      const arena = new Arena(64 * 1024 * 1024)
      const before = arena.mark
      new FoldTable(arena, plainKernels(arena), operation, byteLength)
      // Each of its parts is aligned to a cache line.
      expect(arena.mark - before).toBeLessThanOrEqual(Math.max(byteLength, 80 * 1024) + 7 * 64)
    }
  }
})
