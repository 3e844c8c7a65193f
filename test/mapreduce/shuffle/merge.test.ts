import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { useArena } from '../../../mapreduce/record/copy-bytes.ts'
import { KernelMerge } from '../../../mapreduce/shuffle/kernel-merge.ts'
import { Merge } from '../../../mapreduce/shuffle/merge.ts'
import { type MergeSpace, withMerged } from '../../../mapreduce/shuffle/merge-passes.ts'
import type { SliceSource } from '../../../mapreduce/shuffle/run-cursor.ts'
import { compiledKernels } from '../kernels/compiled.ts'
import { byKey, freshFile, type Row, readAll, removeFiles, row, shown, sourceOf, writeRun } from './runs.ts'

afterAll(removeFiles)

const arena = new Arena(24 * 1024 * 1024)
const kernels = compiledKernels(arena)
useArena(arena.bytes, kernels.copy)
const memoryAt = arena.reserve(0)

type How = 'one record at a time' | 'by kernels'
const ways: How[] = ['one record at a time', 'by kernels']

function mergeSpace(memoryBytes: number, how: How): MergeSpace & { passes: number[]; made: string[]; beats: number } {
  const passes: number[] = []
  const made: string[] = []
  return {
    ...(how === 'by kernels'
      ? { memory: arena.bytes.subarray(memoryAt, memoryAt + memoryBytes), in: { arena, kernels } }
      : { memory: Buffer.alloc(memoryBytes) }),
    passBuffer: Buffer.alloc(96 * 1024),
    passFile: () => {
      const file = freshFile()
      made.push(file)
      return file
    },
    onPass: (records) => {
      passes.push(records)
    },
    beat() {
      this.beats++
    },
    passes,
    made,
    beats: 0,
  }
}

/** Sorted slices in files, every value telling the slice it is from and its place there. */
function slicesOf(
  keys: readonly (readonly Buffer[])[],
  kinds: readonly number[] = [6],
): { sources: SliceSource[]; expected: string[] } {
  const all = keys.map((list, s) =>
    list
      .map((key, i) => row(key, '', kinds[(s + i) % kinds.length] ?? 6))
      .toSorted(byKey)
      .map((given, i): Row => ({ ...given, value: Buffer.from(`${s}.${i}`) })),
  )
  const sources = all.flatMap((rows) => {
    const run = writeRun([rows])
    return run.slices.map((slice) => sourceOf(run, slice))
  })
  // Stable: equal keys in the order of slices, and within one in its own.
  return { sources, expected: shown(all.flat().toSorted(byKey)) }
}

describe.each(ways)('a merge, %s, is a stable sort of its slices', (how) => {
  const keys = fc.oneof(
    fc.array(fc.constantFrom(0, 97, 98), { maxLength: 12 }).map((list) => Buffer.from(list)),
    fc.nat(20).map((n) => Buffer.from(`common beginning ${n}`)),
    fc.uint8Array({ maxLength: 9 }).map((array) => Buffer.from(array)),
  )

  test('of any number of slices, empty ones too, kinds mixed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(keys, { maxLength: 20 }), { minLength: 1, maxLength: 12 }), async (lists) => {
        const { sources, expected } = slicesOf(lists, [6, 7, 4])
        const found = await withMerged(sources, mergeSpace(sources.length * 80_000, how), async (merge) => {
          expect(merge).toBeInstanceOf(how === 'by kernels' ? KernelMerge : Merge)
          return shown(readAll(merge))
        })
        for (const { file } of sources) rmSync(file)
        expect(found).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    [1, 1024 * 1024],
    [2, 1],
    [3, 1],
    [17, 100_000],
    [50, 200_000],
    [200, 200_000],
    [200, 20 * 1024 * 1024],
  ])('%d slices in %d bytes, in as many passes as that takes, and nothing is left behind', async (count, bytes) => {
    const lists = Array.from({ length: count }, (_, s) =>
      Array.from({ length: s % 5 === 3 ? 0 : 30 }, (_, i) => Buffer.from(`key ${(i * 31 + s) % 40}`)),
    )
    const { sources, expected } = slicesOf(lists)
    const space = mergeSpace(bytes, how)
    const found = await withMerged(sources, space, async (merge) => shown(readAll(merge)))
    expect(found).toEqual(expected)
    const fanIn = Math.max(2, Math.floor((bytes - (how === 'by kernels' ? 17_000 : 0)) / (48 * 1024)))
    expect(space.passes.length > 0).toBe(count > fanIn)
    expect(space.made.filter((file) => existsSync(file))).toEqual([])
    for (const { file } of sources) expect(existsSync(file)).toBe(true)
  })

  test('records larger than all of its memory', async () => {
    const big = (letter: string): Buffer => Buffer.from(letter.repeat(300_000))
    const { sources, expected } = slicesOf([[big('a'), big('b')], [big('a')], [big('b'), big('c')], [big('a')]])
    const found = await withMerged(sources, mergeSpace(100_000, how), async (merge) => shown(readAll(merge)))
    expect(found.join() === expected.join()).toBe(true)
  })

  test('records of which some are larger than a cursor has room for, at the beginning, between others and at the end', async () => {
    const key = (n: number, long: boolean): Buffer =>
      Buffer.from(`${String(n).padStart(6, '0')}${'x'.repeat(long ? 90_000 : 3)}`)
    for (const places of [[0], [200], [399], [0, 1, 2], [3, 150, 151, 398]]) {
      const lists = Array.from({ length: 4 }, (_, s) =>
        Array.from({ length: 100 }, (_, i) => key(i * 4 + s, places.includes(i * 4 + s))),
      )
      const { sources, expected } = slicesOf(lists)
      const space = mergeSpace(4 * 56_000 + 20_000, how)
      const found = await withMerged(sources, space, async (merge) => shown(readAll(merge)))
      expect(found.join() === expected.join()).toBe(true)
    }
  })

  test('blocks by the hundred, keys that part late', async () => {
    const lists = Array.from({ length: 5 }, (_, s) =>
      Array.from({ length: 3000 }, (_, i) => Buffer.from(`a beginning they share ${(i * 7919 + s * 13) % 5003}`)),
    )
    const { sources, expected } = slicesOf(lists)
    const found = await withMerged(sources, mergeSpace(400_000, how), async (merge) => shown(readAll(merge)))
    expect(found.join() === expected.join()).toBe(true)
  })
})

test('a record that runs over its block is damage, whatever the checksum says', async () => {
  const { sources } = slicesOf([[Buffer.from('a'), Buffer.from('b')], [Buffer.from('c')]])
  for (const place of [0, 1]) {
    const [first, second] = sources
    if (first === undefined || second === undefined) throw new Error('no slices')
    const bytes = readFileSync(first.file)
    const records = bytes.subarray(first.offset + 8)
    const at = place === 0 ? 0 : 2 + (records[0] ?? 0) + (records[1] ?? 0)
    records[at] = 120
    bytes.writeUInt32LE(crc32(records), first.offset + 4)
    const file = freshFile()
    writeFileSync(file, bytes)
    for (const how of ways) {
      const merged = withMerged([{ ...first, file }, second], mergeSpace(300_000, how), async (merge) => readAll(merge))
      await expect(merged).rejects.toThrow('runs over its block')
    }
  }
})

describe.each(ways)('a merge, %s, that fails', (how) => {
  const openFiles = (): number => readdirSync('/proc/self/fd').length

  function damaged(): SliceSource[] {
    const { sources } = slicesOf(Array.from({ length: 9 }, () => [Buffer.from('a'), Buffer.from('b')]))
    const [, , , , , sixth] = sources
    if (sixth === undefined) throw new Error('no slice')
    writeFileSync(sixth.file, Buffer.alloc(sixth.offset + sixth.length))
    return sources
  }

  test('in a pass, in the user, or at opening leaves no pass file and no file open', async () => {
    const before = openFiles()
    const space = mergeSpace(100_000, how)
    await expect(withMerged(damaged(), space, async (merge) => readAll(merge))).rejects.toMatchObject({
      code: 'MR_LOST_RUN',
      mapTask: 7,
    })
    const wide = mergeSpace(9 * 50_000 + 20_000, how)
    await expect(withMerged(damaged(), wide, async (merge) => readAll(merge))).rejects.toMatchObject({
      code: 'MR_LOST_RUN',
    })
    const { sources } = slicesOf([[Buffer.from('a')], [Buffer.from('b')], [Buffer.from('c')]])
    const gone = sources.map((source, i) => (i === 2 ? { ...source, file: path.join(source.file, 'gone') } : source))
    for (const memory of [1, 1_000_000]) {
      await expect(withMerged(gone, mergeSpace(memory, how), async (merge) => readAll(merge))).rejects.toMatchObject({
        code: 'MR_LOST_RUN',
      })
      await expect(
        withMerged(sources, mergeSpace(memory, how), () => Promise.reject(new Error('user'))),
      ).rejects.toThrow('user')
    }
    expect(space.made.length).toBeGreaterThan(0)
    expect(space.made.filter((file) => existsSync(file))).toEqual([])
    expect(openFiles()).toBe(before)
  })
})

test('a merge of nothing is a mistake of the caller', () => {
  expect(() => new Merge([])).toThrow(TypeError)
})
