import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { useArena } from '../../../mapreduce/record/copy-bytes.ts'
import { BlockPacker } from '../../../mapreduce/shuffle/block-packer.ts'
import { KernelMerge } from '../../../mapreduce/shuffle/kernel-merge.ts'
import { LostRun } from '../../../mapreduce/shuffle/lost-run.ts'
import { withMerged } from '../../../mapreduce/shuffle/merge-passes.ts'
import { RunCursor } from '../../../mapreduce/shuffle/run-cursor.ts'
import { UNPACKED_BYTES_MAX } from '../../../mapreduce/shuffle/run-format.ts'
import { RunWriter, type SliceRange } from '../../../mapreduce/shuffle/run-writer.ts'
import { compiledKernels } from '../kernels/compiled.ts'
import { byKey, freshFile, type Row, readAll, removeFiles, row, shown } from './runs.ts'

afterAll(removeFiles)

const arena = new Arena(8 * 1024 * 1024)
const kernels = compiledKernels(arena)
useArena(arena.bytes, kernels.copy)
const take = (bytes: number): Buffer => {
  const at = arena.reserve(bytes)
  return arena.bytes.subarray(at, at + bytes)
}
const writeBuffer = take(320 * 1024)
const memory = take(2 * 1024 * 1024)
const packers = [new BlockPacker(arena, kernels), new BlockPacker(arena, plainKernels(arena))]

/** One slice of these rows; how many bytes it takes. */
function write(rows: readonly Row[], packer: BlockPacker | undefined): SliceRange & { file: string; mapTask: number } {
  const file = freshFile()
  const writer = new RunWriter(file, writeBuffer, packer)
  for (const { keyKind, key, valueKind, value } of rows) {
    writer.write(key, keyKind, 0, key.length, value, valueKind, 0, value.length)
  }
  const slice = writer.endSlice()
  writer.close()
  return { file, mapTask: 3, ...slice }
}

const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom('again and again', 'https://a.example/'),
  fc.nat(60_000).map((n) => 'long '.repeat(n / 5)),
)
const rowsOf = fc.array(
  fc.tuple(text, text).map(([key, value]) => row(key, value)),
  { maxLength: 60 },
)

describe('packed runs', () => {
  test('are read as they were written, in the arena and elsewhere, by either kernel', () => {
    fc.assert(
      fc.property(rowsOf, fc.constantFrom(...packers), (rows, packer) => {
        const source = write(rows, packer)
        for (const cursor of [
          new RunCursor(source, Buffer.alloc(50_000)),
          new RunCursor(source, memory.subarray(0, 50_000 + UNPACKED_BYTES_MAX), kernels),
        ]) {
          expect(shown(readAll(cursor)).join() === shown(rows).join()).toBe(true)
          cursor.close()
        }
        rmSync(source.file)
      }),
      { numRuns: 100 },
    )
  })

  test('of text are a good deal smaller', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => row(`the key ${i % 100}`, `a value of some words ${i % 7}`))
    expect(write(rows, packers[0]).length).toBeLessThan(write(rows, undefined).length / 3)
  })

  test('are merged by kernels and without, with runs that are not packed', async () => {
    const lists = Array.from({ length: 4 }, (_, s) =>
      Array.from({ length: 2000 }, (_, i) => row(`the key ${(i * 7919 + s) % 3001}`, `${s}.${i}`)).toSorted(byKey),
    )
    const sources = lists.map((rows, i) => write(rows, i === 2 ? undefined : packers[0]))
    const expected = shown(lists.flat().toSorted(byKey)).join()
    for (const packer of [packers[0], undefined]) {
      for (const place of [memory, Buffer.alloc(1_000_000)]) {
        const space = {
          memory: place,
          ...(place === memory ? { in: { arena, kernels } } : {}),
          packer,
          passBuffer: writeBuffer,
          passFile: freshFile,
          onPass: () => {},
          beat: () => {},
        }
        const found = await withMerged(sources, space, async (merge) => {
          expect(merge instanceof KernelMerge).toBe(place === memory)
          return shown(readAll(merge)).join()
        })
        expect(found === expected).toBe(true)
      }
    }
  })

  test('that are damaged are lost: any flipped bit, and what a checksum would not tell', () => {
    const source = write(
      Array.from({ length: 40 }, (_, i) => row(`the key ${i}`, 'the value')),
      packers[0],
    )
    const whole = readFileSync(source.file)
    const file = freshFile()
    const read = (bytes: Buffer): void => {
      writeFileSync(file, bytes)
      for (const cursor of [
        new RunCursor({ ...source, file }, Buffer.alloc(50_000)),
        new RunCursor({ ...source, file }, memory.subarray(0, 50_000 + UNPACKED_BYTES_MAX), kernels),
      ]) {
        expect(() => readAll(cursor)).toThrow(LostRun)
        cursor.close()
      }
    }
    for (let bit = source.offset * 8; bit < whole.length * 8; bit += 5) {
      const bytes = Buffer.from(whole)
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
      read(bytes)
    }
    const forged = (change: (block: Buffer) => void): Buffer => {
      const bytes = Buffer.from(whole)
      const block = bytes.subarray(source.offset + 8)
      change(block)
      bytes.writeUInt32LE(crc32(block), source.offset + 4)
      return bytes
    }
    for (const claimed of [0, 1, UNPACKED_BYTES_MAX + 1, 0xffffffff]) {
      read(forged((block) => block.writeUInt32LE(claimed, 0)))
    }
    read(forged((block) => block.fill(0xff, 4)))
  })
})
