import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { RecordFormatter } from '../../../mapreduce/output/record-formatter.ts'
import { useArena } from '../../../mapreduce/record/copy-bytes.ts'
import { withMerged } from '../../../mapreduce/shuffle/merge-passes.ts'
import { identity, passAll, sorted } from '../../../mapreduce/shuffle/pass-through.ts'
import { compiledKernels } from '../kernels/compiled.ts'
import { byKey, freshFile, type Row, removeFiles, row, sourceOf, writeRun } from './runs.ts'

afterAll(removeFiles)

const arena = new Arena(4 * 1024 * 1024)
const kernels = compiledKernels(arena)
useArena(arena.bytes, kernels.copy)
const memoryAt = arena.reserve(2 * 1024 * 1024)
const bufferAt = arena.reserve(64 * 1024)

class Gathered extends RecordFormatter {
  text = ''

  finish(): string {
    this.flush()
    return this.text
  }

  protected override flush(): void {
    this.text += this.buffer.toString('latin1', 0, this.used)
    this.used = 0
  }
}

test('records a kernel writes as lines are those written one at a time: texts, other kinds, long ones', async () => {
  const text = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.nat(4000).map((n) => 'y'.repeat(n)),
  )
  // Kinds: null, true, text, an integer that is its own encoding.
  const rows = fc.array(fc.tuple(text, text, fc.constantFrom(6, 6, 6, 0, 3)), { maxLength: 80 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(rows, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(identity, sorted),
      fc.constantFrom('tsv', 'raw', 'jsonl'),
      fc.constantFrom(2048, 64 * 1024),
      async (lists, reduction, output, bufferBytes) => {
        const sources = lists.flatMap((list) => {
          const all = list.map(([key, value, valueKind]): Row => row(key, valueKind === 6 ? value : '', 6, valueKind))
          const run = writeRun([all.toSorted(byKey)])
          return run.slices.map((slice) => sourceOf(run, slice))
        })
        const written = async (near: boolean): Promise<string> => {
          const buffer = near ? arena.bytes.subarray(bufferAt, bufferAt + bufferBytes) : undefined
          const formatter = new Gathered({ output }, buffer)
          const space = {
            memory: near ? arena.bytes.subarray(memoryAt, memoryAt + 2 * 1024 * 1024) : Buffer.alloc(400_000),
            ...(near ? { in: { arena, kernels } } : {}),
            passBuffer: Buffer.alloc(96 * 1024),
            passFile: freshFile,
            onPass: () => {},
            beat: () => {},
          }
          const records = await withMerged(sources, space, async (merge) =>
            passAll(merge, formatter, reduction, () => {}),
          )
          expect(records).toBe(lists.flat().length)
          expect(formatter.records).toBe(records)
          return formatter.finish()
        }
        expect((await written(true)) === (await written(false))).toBe(true)
        for (const { file } of sources) rmSync(file)
      },
    ),
    { numRuns: 100 },
  )
})
