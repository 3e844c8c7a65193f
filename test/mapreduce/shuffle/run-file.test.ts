import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { LostRun } from '../../../mapreduce/shuffle/lost-run.ts'
import { RunCursor, type SliceSource } from '../../../mapreduce/shuffle/run-cursor.ts'
import { RunWriter } from '../../../mapreduce/shuffle/run-writer.ts'
import { freshFile, type Row, readAll, removeFiles, row, shown, sourceOf, writeRun } from './runs.ts'

afterAll(removeFiles)

function readSlice(source: SliceSource, bufferBytes = 48 * 1024): Row[] {
  const cursor = new RunCursor(source, Buffer.alloc(bufferBytes))
  try {
    return readAll(cursor)
  } finally {
    cursor.close()
  }
}

describe('what is written to a run is read from it', () => {
  const bytes = fc.oneof(
    { weight: 20, arbitrary: fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(126, 127, 128, 16383, 32_000, 32_768, 40_000, 98_304, 200_000), fc.nat(255))
        .map(([length, byte]) => Buffer.alloc(length, byte)),
    },
  )
  const rows = fc.array(
    fc.record({ keyKind: fc.integer({ min: 1, max: 7 }), key: bytes, valueKind: fc.nat(10), value: bytes }),
    { maxLength: 30 },
  )

  test('records of any size, any number of partitions, empty ones too, through any buffers', () => {
    fc.assert(
      fc.property(
        fc.array(rows, { maxLength: 6 }),
        fc.constantFrom(3 * 32 * 1024, 320 * 1024),
        fc.constantFrom(8, 100, 48 * 1024, 1024 * 1024),
        (partitions, writeBytes, readBytes) => {
          const run = writeRun(partitions, writeBytes)
          partitions.forEach((expected, i) => {
            const slice = run.slices[i]
            if (slice === undefined) throw new Error('no slice')
            expect(slice.records).toBe(expected.length)
            expect(shown(readSlice(sourceOf(run, slice), readBytes)).join('\n') === shown(expected).join('\n')).toBe(
              true,
            )
          })
          rmSync(run.file)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('many small records in many partitions', () => {
    const partitions = Array.from({ length: 1000 }, (_, p) =>
      Array.from({ length: p % 7 }, (_, i) => row(`key ${p} ${i}`, 'v'.repeat(i * 10))),
    )
    const run = writeRun(partitions)
    run.slices.forEach((slice, p) => {
      expect(shown(readSlice(sourceOf(run, slice)))).toEqual(shown(partitions[p] ?? []))
    })
  })

  test('a record larger than the buffer between small ones, and the lent buffer is not touched after', () => {
    const lent = Buffer.alloc(96 * 1024)
    const file = freshFile()
    const writer = new RunWriter(file, lent)
    const large = Buffer.alloc(5_000_000, 'x')
    const small = Buffer.from('small')
    for (const value of [small, large, small, large, small]) writer.write(small, 6, 0, 5, value, 6, 0, value.length)
    const slice = writer.endSlice()
    writer.close()
    lent.fill(0)
    const values = readSlice({ file, mapTask: 0, ...slice }).map(({ value }) => value.length)
    expect(values).toEqual([5, 5_000_000, 5, 5_000_000, 5])
  })

  test('the first bytes of the key stand in two words', () => {
    const cases: [Row, number, number][] = [
      [row('abcdefghij'), 0x06616263, 0x64656667],
      [row(Buffer.from('ff80', 'hex'), '', 0xff), 0xffff8000, 0],
      [row('', '', 1), 0x01000000, 0],
    ]
    const run = writeRun([cases.map(([given]) => given)])
    const [slice] = run.slices
    if (slice === undefined) throw new Error('no slice')
    const cursor = new RunCursor(sourceOf(run, slice), Buffer.alloc(48 * 1024))
    for (const [, high, low] of cases) {
      expect(cursor.advance()).toBe(true)
      expect([cursor.high, cursor.low]).toEqual([high, low])
    }
    expect(cursor.advance()).toBe(false)
    expect(cursor.advance()).toBe(false)
    cursor.close()
  })
})

describe('damage is found out, and never gives a wrong record', () => {
  const partitions = [
    Array.from({ length: 12 }, (_, i) => row(`k${i}`, `value ${i}`)),
    [],
    Array.from({ length: 3 }, (_, i) => row(`large ${i}`, 'y'.repeat(i === 1 ? 33_000 : 5))),
  ]
  const run = writeRun(partitions)
  const whole = readFileSync(run.file)
  const expected = partitions.map(shown)

  /** Reads every slice: what came is right and complete, or the slice is lost. */
  function readDamaged(): number {
    let lost = 0
    run.slices.forEach((slice, p) => {
      try {
        expect(shown(readSlice(sourceOf(run, slice, p)))).toEqual(expected[p])
      } catch (error) {
        if (!(error instanceof LostRun)) throw error
        expect(error).toMatchObject({ code: 'MR_LOST_RUN', mapTask: p, message: expect.stringContaining(run.file) })
        lost++
      }
    })
    return lost
  }

  test('every flipped bit outside the long value, and some of it', () => {
    const slices = run.slices[0]?.length ?? 0
    let lost = 0
    const fd = openSync(run.file, 'r+')
    for (let at = 0; at < whole.length; at += at < slices + 32 || at > whole.length - 30 ? 1 : 2999) {
      for (let bit = 0; bit < 8; bit++) {
        writeSync(fd, Buffer.of((whole[at] ?? 0) ^ (1 << bit)), 0, 1, at)
        const found = readDamaged()
        // A flip in the run's own header hides no record: slices are read by where the task said they lie.
        if (at >= 8) expect(found).toBe(1)
        lost += found
      }
      writeSync(fd, whole, at, 1, at)
    }
    closeSync(fd)
    expect(lost).toBeGreaterThan(1000)
  })

  test('every cut, between blocks too', () => {
    for (let length = 0; length < whole.length; length += length < 300 || length > whole.length - 40 ? 1 : 1499) {
      writeFileSync(run.file, whole.subarray(0, length))
      expect(readDamaged()).toBeGreaterThan(0)
    }
  })

  test('a slice that ends exactly where the file was cut between two of its blocks', () => {
    const rows = Array.from({ length: 20 }, (_, i) => row(`k${i}`, 'z'.repeat(10_000)))
    const { file, slices } = writeRun([rows])
    const [slice] = slices
    if (slice === undefined) throw new Error('no slice')
    const bytes = readFileSync(file)
    let at = slice.offset
    while (at < bytes.length) {
      at += 8 + bytes.readUInt32LE(at)
      truncateSync(file, at)
      const read = (): Row[] => readSlice({ file, mapTask: 3, ...slice })
      if (at < slice.offset + slice.length) expect(read).toThrow(/ends before its slice/)
      else expect(read()).toHaveLength(20)
      writeFileSync(file, bytes)
    }
  })

  test('other bytes behind the slice are none of its', () => {
    writeFileSync(run.file, whole)
    appendFileSync(run.file, whole)
    expect(readDamaged()).toBe(0)
  })

  test('a file that is gone, or cannot be read, is lost', () => {
    rmSync(run.file)
    expect(readDamaged()).toBe(3)
    const folder = freshFile()
    symlinkSync('/', folder)
    expect(() => readSlice({ file: folder, offset: 8, length: 100, mapTask: 1 })).toThrow(LostRun)
    writeFileSync(run.file, whole)
  })

  test('a claimed length takes no more memory than the slice has', () => {
    const copy = Buffer.from(whole)
    copy.writeUInt32LE(120 * 1024 * 1024, 8)
    writeFileSync(run.file, copy)
    const before = process.memoryUsage().arrayBuffers
    expect(readDamaged()).toBe(1)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024)
  })
})

describe('a disk that refuses', () => {
  test('to open the run is told by its path', () => {
    expect(() => new RunWriter('/nowhere/at/all', Buffer.alloc(100_000))).toThrow(
      expect.objectContaining({ code: 'MR_IO', message: expect.stringContaining('/nowhere/at/all') }),
    )
  })

  test('a run is never written over another', () => {
    const { file } = writeRun([[row('a')]])
    expect(() => new RunWriter(file, Buffer.alloc(100_000))).toThrow(expect.objectContaining({ code: 'MR_IO' }))
  })
})
