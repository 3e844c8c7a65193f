import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteSource } from '../../../mapreduce/input/byte-source.ts'
import { ChunkSpace } from '../../../mapreduce/input/chunk-space.ts'
import { LineReader } from '../../../mapreduce/input/line-reader.ts'
import { RECORD_BYTES_MAX } from '../../../mapreduce/input/record-reader.ts'
import { Arena } from '../../../mapreduce/kernels/arena.ts'
import { plainKernels } from '../../../mapreduce/kernels/plain.ts'
import type { Text } from '../../../mapreduce/record/text.ts'
import { compiledKernels } from '../kernels/compiled.ts'

const CHUNK = 64 * 1024

/** The smallest chunk there is, so that lines cross chunks and outgrow what is carried over. */
const spaces = [plainKernels, compiledKernels].map((make) => {
  const arena = new Arena(1024 * 1024)
  return new ChunkSpace(arena, make(arena), 1024 * 1024)
})
const [plainSpace = missing()] = spaces

function missing(): never {
  throw new Error('no space')
}

function sourceOf(bytes: Buffer): ByteSource {
  return {
    length: bytes.length,
    bad: [],
    read: (target, offset, position, length) => bytes.copy(target, offset, position, position + length),
    close() {},
  }
}

interface Line {
  readonly offset: number
  readonly bytes: Buffer
}

function linesOf(bytes: Buffer): Line[] {
  const lines: Line[] = []
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(10, at)
    const end = feed < 0 ? bytes.length : feed
    lines.push({ offset: at, bytes: bytes.subarray(at, end) })
    at = end + 1
  }
  return lines
}

interface ReadOptions {
  readonly space?: ChunkSpace
  readonly crlf?: boolean
  readonly each?: (record: Text) => void
}

function read(bytes: Buffer, start: number, length: number, options: ReadOptions = {}): Line[] {
  const reader = new LineReader(options.space ?? plainSpace, sourceOf(bytes), start, length, {
    name: 'text',
    crlf: options.crlf === true,
    beforeRefill() {},
    onRead() {},
  })
  const lines: Line[] = []
  while (reader.next()) {
    options.each?.(reader.record)
    lines.push({ offset: reader.offset, bytes: reader.record.toBytes() })
    if (lines.length < 50) expect(reader.head(20)).toEqual(reader.record.toBytes().subarray(0, 20))
  }
  expect(reader.next()).toBe(false)
  return lines
}

const readCut = (bytes: Buffer, cuts: readonly number[], options?: ReadOptions): Line[] =>
  [0, ...cuts].flatMap((start, i) => read(bytes, start, (cuts[i] ?? bytes.length) - start, options))

/** Fails with the numbers rather than with a page of bytes. */
function expectLines(found: readonly Line[], expected: readonly Line[], what: string): void {
  const at = expected.findIndex((line, i) => line.offset !== found[i]?.offset || !line.bytes.equals(found[i].bytes))
  if (at >= 0 || found.length !== expected.length) {
    const show = (line: Line | undefined): string =>
      line === undefined ? 'nothing' : `${line.bytes.length} bytes at ${line.offset}`
    expect.fail(
      `${what}: ${found.length} lines for ${expected.length}; line ${at} is ${show(found[at])}, not ${show(expected[at])}`,
    )
  }
}

const smallTexts = fc.oneof(
  fc.array(fc.constantFrom(10, 10, 13, 97, 32), { maxLength: 40 }).map((list) => Buffer.from(list)),
  fc.array(fc.constantFrom(10, 0, 255, 195, 97), { maxLength: 40 }).map((list) => Buffer.from(list)),
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
)

describe('each line is read exactly once, in order, with its offset', () => {
  test('at every split size of any small text', () => {
    fc.assert(
      fc.property(smallTexts, (bytes) => {
        const expected = linesOf(bytes)
        for (let size = 1; size <= bytes.length + 1; size++) {
          const cuts = Array.from({ length: Math.max(0, Math.ceil(bytes.length / size) - 1) }, (_, i) => (i + 1) * size)
          expectLines(readCut(bytes, cuts), expected, `size ${size}`)
        }
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    ['an empty file', ''],
    ['a lone line feed', '\n'],
    ['empty lines', '\n\n\n'],
    ['no final line feed', 'a\nb'],
    ['a final line feed', 'a\nb\n'],
    ['CRLF', 'a\r\nb\r\n\r\n'],
    ['NUL bytes', '\0\n\0\0\n\0'],
  ])('%s', (_name, text) => {
    const bytes = Buffer.from(text)
    for (let cut = 0; cut <= bytes.length; cut++) expectLines(readCut(bytes, [cut]), linesOf(bytes), `cut at ${cut}`)
  })

  /** Line lengths that end before, at and behind the edges of chunks and of what is carried from one to the next. */
  const lineLengths = fc.oneof(
    { weight: 6, arbitrary: fc.nat(200) },
    { weight: 2, arbitrary: fc.integer({ min: 8000, max: 20000 }) },
    { weight: 2, arbitrary: fc.integer({ min: CHUNK / 2 - 3, max: CHUNK / 2 + 3 }) },
    { weight: 2, arbitrary: fc.integer({ min: CHUNK - 3, max: CHUNK + 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: CHUNK * 2, max: CHUNK * 5 }) },
  )
  const largeTexts = fc
    .tuple(fc.array(lineLengths, { minLength: 1, maxLength: 12 }), fc.boolean())
    .map(([lengths, final]) => {
      const lines = lengths.map((length, i) => 'ab cd '.repeat(length / 6 + 1).slice(0, length - 1) + (i % 10))
      return Buffer.from(lines.join('\n') + (final ? '\n' : ''))
    })

  test('where lines cross chunks and outgrow them, cut at the edges and anywhere', () => {
    fc.assert(
      fc.property(
        largeTexts,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }),
        fc.constantFrom(...spaces),
        (bytes, fractions, space) => {
          const edges = [-1, 0, 1].map((off) => CHUNK + off)
          const feeds = linesOf(bytes).flatMap(({ offset }) => [offset - 1, offset])
          const all = [
            ...fractions.map((fraction) => Math.floor(fraction * bytes.length)),
            ...edges,
            ...feeds.slice(0, 10),
          ]
          const cuts = [...new Set(all)].filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b)
          expectLines(readCut(bytes, cuts, { space }), linesOf(bytes), `cuts ${cuts}`)
          expectLines(readCut(bytes, [], { space }), linesOf(bytes), 'whole')
        },
      ),
      { numRuns: 60 },
    )
  })

  test('more lines in a chunk than are looked for at a time', () => {
    const bytes = Buffer.from('\n'.repeat(10_000) + 'x\n'.repeat(10_000))
    for (const space of spaces)
      expectLines(readCut(bytes, [4095, 4096, 4097, 12_345], { space }), linesOf(bytes), 'many')
  })

  test('a file that ends exactly with a chunk', () => {
    for (const last of ['x', '\n']) {
      for (const length of [CHUNK, CHUNK * 2]) {
        const bytes = Buffer.from(`${'y'.repeat(99)}\n`.repeat(length / 100 + 1)).subarray(0, length)
        bytes.write(last, length - 1)
        expectLines(readCut(bytes, [CHUNK - 1]), linesOf(bytes), `${length}`)
      }
    }
  })
})

test('crlf takes one CR before the LF, or before the end, and no other', () => {
  const bytes = Buffer.from('a\r\n\r\nb\r\r\nc\rd\ne\r')
  const long = Buffer.from(`${'x'.repeat(CHUNK * 2)}\r\ny\r\n`)
  const strip = ({ offset, bytes: line }: Line): Line => ({
    offset,
    bytes: line.at(-1) === 13 ? line.subarray(0, -1) : line,
  })
  for (const text of [bytes, long]) {
    expectLines(readCut(text, [3], { crlf: true }), linesOf(text).map(strip), 'crlf')
    expectLines(readCut(text, [3], { crlf: false }), linesOf(text), 'lf')
  }
})

describe('the words of the lines in a chunk', () => {
  const wordsOf = (text: string): string[] => text.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '')
  const latin1 = (texts: Iterable<Text>): string[] => Array.from(texts, (text) => text.toLatin1())

  /** Loops in all the ways that user code may loop, by the number of the line. */
  function loop(record: Text, way: number): void {
    const expected = wordsOf(record.toLatin1())
    if (way === 1) return
    if (way === 2) for (const _ of record.words()) break
    if (way === 3) {
      for (const outer of record.words()) {
        const before = outer.toLatin1()
        for (const inner of record.slice(2).words()) if (inner.length > 1) break
        for (const inner of record.words()) if (inner.length > 2) break
        expect(outer.toLatin1()).toBe(before)
      }
    }
    if (way === 4) {
      const outer = record.words()
      const seen: string[] = []
      for (const word of outer) {
        seen.push(word.toLatin1())
        if (seen.length < 5) expect(latin1(record.words())).toEqual(expected)
      }
      expect(seen).toEqual(expected)
    }
    if (way === 5) expect(latin1(record.copy().words())).toEqual(expected)
    if (way === 6) expect(latin1(record.trim().words())).toEqual(expected)
    expect(latin1(record.words())).toEqual(expected)
  }

  test('are the words of each line, however the loops before went', () => {
    const texts = fc.oneof(
      smallTexts,
      fc
        .array(fc.constantFrom('a', 'bc ', ' def', '\n', '\r\n', '\t', 'é '), { maxLength: 300 })
        .map((parts) => Buffer.from(parts.join(''))),
    )
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.nat(6), { minLength: 1, maxLength: 9 }),
        fc.constantFrom(...spaces),
        fc.nat(50),
        (bytes, ways, space, cut) => {
          let n = 0
          const each = (record: Text): void => loop(record, ways[n++ % ways.length] ?? 0)
          expectLines(readCut(bytes, [Math.min(cut, bytes.length)], { space, each }), linesOf(bytes), 'lines')
        },
      ),
      { numRuns: 300 },
    )
  })

  test('of more words than the window holds, over many chunks, in long lines and in short ones', () => {
    const many = 'a bc '.repeat(15_000)
    const texts = [
      many,
      many.replaceAll('a', 'a\n'),
      'a\n'.repeat(30_000),
      `${many}\n${many}\nend`,
      `${'x '.repeat(12_000)}\n`.repeat(5),
    ]
    for (const text of texts) {
      for (const space of spaces) {
        const found: string[] = []
        let n = 0
        read(Buffer.from(text), 0, text.length, {
          space,
          each: (record) => {
            if (n++ % 3 === 1) for (const _ of record.words()) break
            found.push(...latin1(record.words()))
          },
        })
        expect(found.join(' ') === wordsOf(text).join(' ')).toBe(true)
      }
    }
  })

  test('asked for only now and then', () => {
    const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i} of many`).join('\n'))
    let n = 0
    read(bytes, 0, bytes.length, {
      each: (record) => {
        if (++n % 777 === 0) expect(latin1(record.words())).toEqual(wordsOf(record.toLatin1()))
      },
    })
    expect(n).toBe(20_000)
  })

  test('a loop nested over another line’s kept copy moves nothing', () => {
    const bytes = Buffer.from('one two\nthree four\nfive\n')
    const kept: Text[] = []
    const seen: string[] = []
    read(bytes, 0, bytes.length, {
      each: (record) => {
        kept.push(record.copy())
        for (const word of record.words())
          for (const old of kept) seen.push(word.toLatin1() + latin1(old.words()).length)
      },
    })
    expect(seen).toEqual(['one2', 'two2', 'three2', 'three2', 'four2', 'four2', 'five2', 'five2', 'five1'])
  })
})

describe('a line without end', () => {
  /** So many zero bytes, then a line feed, of which nothing is kept. */
  const zeros = (length: number): ByteSource => ({
    length: length + 1,
    bad: [],
    read: (target, offset, position, wanted) => {
      const read = Math.max(0, Math.min(wanted, length + 1 - position))
      target.fill(0, offset, offset + read)
      if (position + read === length + 1) target[offset + read - 1] = 10
      return read
    },
    close() {},
  })
  const readOne = (length: number): number => {
    const reader = new LineReader(plainSpace, zeros(length), 0, length + 1, {
      name: 'zeros',
      crlf: false,
      beforeRefill() {},
      onRead() {},
    })
    expect(reader.next()).toBe(true)
    return reader.record.length
  }

  test('of the limit is read, and refused one byte beyond it, with where it starts', () => {
    expect(readOne(RECORD_BYTES_MAX)).toBe(RECORD_BYTES_MAX)
    expect(() => readOne(RECORD_BYTES_MAX + 1)).toThrow(
      expect.objectContaining({ code: 'MR_RECORD_TOO_LARGE', message: expect.stringContaining('at byte 0 ') }),
    )
  })

  test('that runs into a segment from before is left to the segment before', () => {
    const reads: number[] = []
    const source = zeros(CHUNK * 100)
    const reader = new LineReader(plainSpace, source, CHUNK * 2, CHUNK * 3, {
      name: 'zeros',
      crlf: false,
      beforeRefill() {},
      onRead: (bytes) => reads.push(bytes),
    })
    expect(reader.next()).toBe(false)
    // Nothing behind the segment has to be read to know it.
    expect(reads.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(CHUNK * 4)
  })
})

test('views are used up before the bytes under them change', () => {
  const bytes = Buffer.from('word '.repeat(100_000).replaceAll('word word word ', 'word\n'))
  let before = 0
  let seen: { view: Buffer; copy: Buffer } | undefined
  const reader = new LineReader(plainSpace, sourceOf(bytes), 0, bytes.length, {
    name: 'text',
    crlf: false,
    beforeRefill: () => {
      before++
      if (seen !== undefined) expect(seen.view).toEqual(seen.copy)
      seen = undefined
    },
    onRead() {},
  })
  while (reader.next()) {
    const { buffer, start, end } = reader.record
    seen = { view: buffer.subarray(start, end), copy: Buffer.from(buffer.subarray(start, end)) }
  }
  expect(before).toBeGreaterThan(2)
})
