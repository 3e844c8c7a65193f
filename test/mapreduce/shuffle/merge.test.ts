import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Merge } from '../../../mapreduce/shuffle/merge.ts'
import { type MergeSpace, withMerged } from '../../../mapreduce/shuffle/merge-passes.ts'
import type { SliceSource } from '../../../mapreduce/shuffle/run-cursor.ts'
import { byKey, freshFile, type Row, readAll, row, shown, sourceOf, writeRun } from './runs.ts'

function mergeSpace(memoryBytes: number): MergeSpace & { passes: number[]; made: string[]; beats: number } {
  const passes: number[] = []
  const made: string[] = []
  return {
    memory: Buffer.alloc(memoryBytes),
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

describe('a merge is a stable sort of its slices', () => {
  const keys = fc.oneof(
    fc.array(fc.constantFrom(0, 97, 98), { maxLength: 12 }).map((list) => Buffer.from(list)),
    fc.nat(20).map((n) => Buffer.from(`common beginning ${n}`)),
    fc.uint8Array({ maxLength: 9 }).map((array) => Buffer.from(array)),
  )

  test('of any number of slices, empty ones too, kinds mixed', () => {
    fc.assert(
      fc.property(fc.array(fc.array(keys, { maxLength: 20 }), { minLength: 1, maxLength: 12 }), (lists) => {
        const { sources, expected } = slicesOf(lists, [6, 7, 4])
        const merge = new Merge(sources, Buffer.alloc(sources.length * 50_000))
        const found = shown(readAll(merge))
        merge.close()
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
    const space = mergeSpace(bytes)
    const found = await withMerged(sources, space, async (merge) => shown(readAll(merge)))
    expect(found).toEqual(expected)
    const fanIn = Math.max(2, Math.floor(bytes / (48 * 1024)))
    expect(space.passes.length > 0).toBe(count > fanIn)
    expect(space.made.filter((file) => existsSync(file))).toEqual([])
    for (const { file } of sources) expect(existsSync(file)).toBe(true)
  })

  test('records larger than all of its memory', async () => {
    const big = (letter: string): Buffer => Buffer.from(letter.repeat(300_000))
    const { sources, expected } = slicesOf([[big('a'), big('b')], [big('a')], [big('b'), big('c')], [big('a')]])
    const found = await withMerged(sources, mergeSpace(100_000), async (merge) => shown(readAll(merge)))
    expect(found.join() === expected.join()).toBe(true)
  })
})

describe('a merge that fails', () => {
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
    const space = mergeSpace(100_000)
    await expect(withMerged(damaged(), space, async (merge) => readAll(merge))).rejects.toMatchObject({
      code: 'MR_LOST_RUN',
      mapTask: 7,
    })
    const wide = mergeSpace(9 * 50_000)
    await expect(withMerged(damaged(), wide, async (merge) => readAll(merge))).rejects.toMatchObject({
      code: 'MR_LOST_RUN',
    })
    const { sources } = slicesOf([[Buffer.from('a')], [Buffer.from('b')], [Buffer.from('c')]])
    const gone = sources.map((source, i) => (i === 2 ? { ...source, file: path.join(source.file, 'gone') } : source))
    for (const memory of [1, 1_000_000]) {
      await expect(withMerged(gone, mergeSpace(memory), async (merge) => readAll(merge))).rejects.toMatchObject({
        code: 'MR_LOST_RUN',
      })
      await expect(withMerged(sources, mergeSpace(memory), () => Promise.reject(new Error('user')))).rejects.toThrow(
        'user',
      )
    }
    expect(space.made.length).toBeGreaterThan(0)
    expect(space.made.filter((file) => existsSync(file))).toEqual([])
    expect(openFiles()).toBe(before)
  })
})

test('a merge of nothing is a mistake of the caller', () => {
  expect(() => new Merge([], Buffer.alloc(10))).toThrow(TypeError)
})
