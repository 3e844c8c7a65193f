import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChunkSpace } from '../../../mapreduce/input/chunk-space.ts'
import { text } from '../../../mapreduce/input/format.ts'
import { openReader } from '../../../mapreduce/input/open-reader.ts'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import { Text } from '../../../mapreduce/record/text.ts'
import { compiledKernels } from '../kernels/compiled.ts'

const CHUNK = 64 * 1024
const spaces = [plainKernels, compiledKernels].map((make) => {
  const arena = new Arena(1024 * 1024)
  return new ChunkSpace(arena, make(arena), 1024 * 1024)
})

interface Line {
  readonly offset: number
  readonly bytes: string
  /** Its number in what was read, from 1, those that were passed over counted. */
  readonly number: number
  /** Its words, which come from the chunk's window. */
  readonly words: number
}

function read(
  space: ChunkSpace,
  bytes: Buffer,
  needle: Buffer,
  crlf: boolean,
  start: number,
  length: number,
): { lines: Line[]; records: number } {
  let records = 0
  const reader = openReader(
    text({ crlf }),
    space,
    {
      length: bytes.length,
      bad: [],
      read: (target, offset, position, wanted) => bytes.copy(target, offset, position, position + wanted),
      close() {},
    },
    start,
    length,
    {
      name: 'text',
      contains: needle,
      onPassed: (passed) => {
        records += passed
      },
      beforeRefill() {},
      onRead() {},
    },
  )
  const lines: Line[] = []
  while (reader.next()) {
    const { record } = reader
    if (!(record instanceof Text)) throw new TypeError('no line')
    expect(reader.head(5)).toEqual(record.toBytes().subarray(0, 5))
    const words = record.length < 200 ? [...record.words()].length : 0
    lines.push({ offset: reader.offset, bytes: record.toLatin1(), number: ++records, words })
  }
  expect(reader.next()).toBe(false)
  return { lines, records }
}

function reference(bytes: Buffer, needle: Buffer, crlf: boolean): { lines: Line[]; records: number } {
  const lines: Line[] = []
  let records = 0
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(10, at)
    const end = feed < 0 ? bytes.length : feed
    const line = bytes.toString('latin1', at, crlf && bytes[end - 1] === 13 ? Math.max(at, end - 1) : end)
    records++
    const words = line.length < 200 ? line.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '').length : 0
    if (line.includes(needle.toString('latin1'))) lines.push({ offset: at, bytes: line, number: records, words })
    at = end + 1
  }
  return { lines, records }
}

/** Each range by itself, numbers counted through. */
function readCut(
  space: ChunkSpace,
  bytes: Buffer,
  needle: Buffer,
  crlf: boolean,
  cuts: readonly number[],
): { lines: Line[]; records: number } {
  const lines: Line[] = []
  let records = 0
  for (const [i, start] of [0, ...cuts].entries()) {
    const part = read(space, bytes, needle, crlf, start, (cuts[i] ?? bytes.length) - start)
    lines.push(...part.lines.map((line) => ({ ...line, number: line.number + records })))
    records += part.records
  }
  return { lines, records }
}

test('every line with the bytes once, and all others counted, at every size of split', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(10, 10, 13, 97, 98, 32), { maxLength: 40 }),
      fc.array(fc.constantFrom(97, 98, 13, 10), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (given, wanted, crlf) => {
        const bytes = Buffer.from(given)
        const needle = Buffer.from(wanted)
        const expected = reference(bytes, needle, crlf)
        for (const space of spaces) {
          for (let size = 1; size <= bytes.length + 1; size += 3) {
            const count = Math.max(0, Math.ceil(bytes.length / size) - 1)
            const cuts = Array.from({ length: count }, (_, i) => (i + 1) * size)
            expect(readCut(space, bytes, needle, crlf, cuts)).toEqual(expected)
          }
        }
      },
    ),
    { numRuns: 60 },
  )
})

const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.integer({ min: 8000, max: 20000 }) },
  { weight: 2, arbitrary: fc.integer({ min: CHUNK / 2 - 3, max: CHUNK / 2 + 3 }) },
  { weight: 2, arbitrary: fc.integer({ min: CHUNK - 3, max: CHUNK + 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: CHUNK * 2, max: CHUNK * 4 }) },
)

test('where lines cross chunks and outgrow them, with needles longer than the kernel compares', () => {
  const needles = ['needle', 'n', 'needle'.repeat(250), `${'ab cd '.repeat(180)}needle`].map((n) => Buffer.from(n))
  fc.assert(
    fc.property(
      fc.array(fc.tuple(lengths, fc.nat(5)), { minLength: 1, maxLength: 12 }),
      fc.constantFrom(...needles),
      fc.boolean(),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
      (given, needle, final, at) => {
        // Some lines have the needle at their end, some all but its last byte.
        const lines = given.map(([length, how]) => {
          const end = how < 2 ? needle : how < 4 ? needle.subarray(0, -1) : Buffer.alloc(0)
          return Buffer.concat([Buffer.from('ab cd '.repeat(length / 6 + 1).slice(0, length)), end])
        })
        const bytes = Buffer.concat(
          lines.flatMap((line, i) => (i < lines.length - 1 || final ? [line, Buffer.from('\n')] : [line])),
        )
        const expected = reference(bytes, needle, false)
        const cuts = at.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b)
        for (const space of spaces) {
          const found = readCut(space, bytes, needle, false, cuts)
          // Fails with numbers rather than with pages of bytes.
          const shown = ({ offset, bytes: line, number, words }: Line) => [offset, line.length, number, words]
          expect(found.lines.map(shown)).toEqual(expected.lines.map(shown))
          expect(found.lines.every((line, i) => line.bytes === expected.lines[i]?.bytes)).toBe(true)
          expect(found.records).toBe(expected.records)
        }
      },
    ),
    { numRuns: 80 },
  )
})
