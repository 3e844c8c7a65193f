import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Decoder } from '../../../mapreduce/record/decode.ts'
import { Encoder } from '../../../mapreduce/record/encode.ts'
import type { RecordView } from '../../../mapreduce/record/record-stream.ts'
import { Text } from '../../../mapreduce/record/text.ts'
import { lookUp } from '../../../mapreduce/table/lookup.ts'
import { TableFile } from '../../../mapreduce/table/table-file.ts'
import { TableWriter } from '../../../mapreduce/table/table-writer.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'quern-table-test-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

const buffer = Buffer.alloc(128 * 1024)
let files = 0

interface Encoded {
  readonly kind: number
  readonly bytes: Buffer
}

function encoded(key: unknown): Encoded {
  const encoder = new Encoder()
  return { kind: encoder.key(key), bytes: Buffer.from(encoder.bytes.subarray(0, encoder.length)) }
}

const compare = (a: Encoded, b: Encoded): number => a.kind - b.kind || Buffer.compare(a.bytes, b.bytes)

function fill(writer: TableWriter, records: readonly (readonly [unknown, unknown])[]): void {
  const values = new Encoder()
  for (const [key, value] of records) {
    const { kind, bytes } = encoded(key)
    const valueKind = values.value(value)
    writer.write(bytes, kind, 0, bytes.length, values.bytes, valueKind, 0, values.length)
  }
}

/** The bytes of a table of records, in the order of their keys. */
function write(records: readonly (readonly [unknown, unknown])[]): Buffer {
  const file = path.join(directory, `table-${files++}`)
  const writer = new TableWriter(file, buffer, { partition: 0, partitions: 1, groupBy: 0 })
  fill(writer, records)
  expect(writer.close()).toBe(readFileSync(file).length)
  return readFileSync(file)
}

const sorted = (records: readonly (readonly [unknown, unknown])[]): (readonly [unknown, unknown])[] =>
  [...records].sort(([a], [b]) => compare(encoded(a), encoded(b)))

const open = (bytes: Buffer): TableFile =>
  new TableFile(
    {
      length: bytes.length,
      read: (target, offset, position, length) => bytes.copy(target, offset, position, position + length),
    },
    'some-table',
  )

function plain(value: unknown): unknown {
  if (value instanceof Text) return value.toString()
  return Array.isArray(value) ? value.map(plain) : value
}

const valueIn = ({ valueBytes, valueKind, valueStart, valueEnd }: RecordView): unknown =>
  plain(new Decoder().decode(valueBytes, valueKind, valueStart, valueEnd))

function all(table: TableFile): [unknown, unknown][] {
  const cursor = table.records()
  const found: [unknown, unknown][] = []
  while (cursor.advance()) {
    const { keyBytes, keyKind, keyStart, keyEnd } = cursor.view
    found.push([plain(new Decoder().decode(keyBytes, keyKind, keyStart, keyEnd)), valueIn(cursor.view)])
  }
  return found
}

const find = (table: TableFile, key: unknown): unknown[] => {
  const { kind, bytes } = encoded(key)
  return Array.from(table.find(bytes, kind), valueIn)
}

const keys = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'b',
    'é',
    'x'.repeat(255),
    'x'.repeat(256),
    `${'x'.repeat(256)}y`,
    `${'x'.repeat(300)}z`,
  ),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.tuple(fc.string({ maxLength: 3 }), fc.integer({ min: -3, max: 3 })),
)

describe('a table', () => {
  test('gives its records in order, and each key all of its values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(keys, fc.constantFrom(1, 'v'.repeat(9000), 'w')), { maxLength: 60 }),
        keys,
        (given, other) => {
          const records = sorted(given)
          const table = open(write(records))
          expect(table.footer.records).toBe(records.length)
          expect(all(table)).toEqual(records)
          for (const key of [...given.map(([key]) => key), other]) {
            const wanted = encoded(key)
            expect(find(table, key)).toEqual(
              records.filter(([of]) => compare(encoded(of), wanted) === 0).map(([, value]) => value),
            )
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('finds a key among many blocks, by few reads, and its values over several of them', () => {
    const records: [unknown, unknown][] = Array.from({ length: 30_000 }, (_, i) => [
      `key ${String(i >> 1).padStart(6, '0')}`,
      i,
    ])
    records.push(...Array.from({ length: 5000 }, (_, i): [unknown, unknown] => ['one key with many values', i]))
    const bytes = write(records)
    let reads = 0
    const table = new TableFile(
      {
        length: bytes.length,
        read: (target, offset, position, length) => {
          reads++
          return bytes.copy(target, offset, position, position + length)
        },
      },
      'table',
    )
    expect(find(table, 'one key with many values')).toEqual(Array.from({ length: 5000 }, (_, i) => i))
    reads = 0
    for (let i = 0; i < 15_000; i += 501)
      expect(find(table, `key ${String(i).padStart(6, '0')}`)).toEqual([2 * i, 2 * i + 1])
    expect(reads).toBeLessThan(3 * 30)
    for (const missing of ['key', 'key 0000005', 'zzz', '']) expect(find(table, missing)).toEqual([])
  })

  test('holds records larger than a block', () => {
    const records = sorted([
      ['a', 'x'.repeat(300_000)],
      ['k'.repeat(200_000), 1],
      ['k'.repeat(200_001), 2],
    ])
    const table = open(write(records))
    expect(all(table)).toEqual(records)
    expect(find(table, 'k'.repeat(200_001))).toEqual([2])
  })

  test('is looked up by what a word may mean', () => {
    const table = open(
      write(
        sorted([
          ['12', 'text'],
          [12, 'number'],
          [12n, 'bigint'],
          [true, 'boolean'],
          [['a', 1], 'tuple'],
          ['{"a":1}', 'json'],
        ]),
      ),
    )
    const values = (word: string): unknown[] => Array.from(lookUp([table], word), valueIn)
    expect(values('12')).toEqual(['text', 'number'])
    expect(values('12n')).toEqual(['bigint'])
    expect(values('true')).toEqual(['boolean'])
    expect(values('["a",1]')).toEqual(['tuple'])
    expect(values('{"a":1}')).toEqual(['json'])
    expect(values('[{"a":1}]')).toEqual([])
  })

  test('knows whether its keys lie where their hash says', () => {
    const written = (records: readonly (readonly [unknown, unknown])[], partition: number): number => {
      const file = path.join(directory, `part-${files++}`)
      const writer = new TableWriter(file, buffer, { partition, partitions: 4, groupBy: 1 })
      fill(writer, records)
      writer.close()
      return open(readFileSync(file)).footer.partitions
    }
    const all: (readonly [unknown, unknown])[] = sorted(Array.from({ length: 50 }, (_, i) => [[`k${i % 9}`, i], i]))
    expect(written(all, 0)).toBe(0)
    const fitting = [0, 1, 2, 3].map((partition) => all.filter((record) => written([record], partition) === 4))
    expect(fitting.flat().length).toBe(50)
    for (const [partition, records] of fitting.entries()) expect(written(records, partition)).toBe(4)
    // By the first field alone: each of the nine lies in one part.
    const firsts = (records: typeof all): number =>
      new Set(records.map(([key]) => (Array.isArray(key) ? key[0] : undefined))).size
    expect(fitting.reduce((sum, records) => sum + firsts(records), 0)).toBe(9)
  })
})

describe('a damaged table', () => {
  const records = sorted([
    ['a', 1],
    ['b', 'two'],
    [3, 'three'],
    ['b', 'again'],
    [['x', 1], { y: 1 }],
  ])
  const outcome = (bytes: Buffer): unknown => {
    try {
      const table = open(bytes)
      return [all(table), ...records.map(([key]) => find(table, key))]
    } catch (error) {
      return error
    }
  }
  const refusal = expect.objectContaining({ code: 'MR_BAD_INPUT' })

  test('of which any bit is flipped is refused, or reads as before', () => {
    const bytes = write(records)
    const expected = outcome(bytes)
    expect(expected).not.toBeInstanceOf(Error)
    let refused = 0
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const found = outcome(bytes)
      if (found instanceof Error) refused++
      expect(found).toEqual(found instanceof Error ? refusal : expected)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    }
    // All but the eight bytes at the start, which nobody needs.
    expect(refused).toBe((bytes.length - 8) * 8)
  })

  test('that is cut off anywhere is refused', () => {
    const bytes = write(records)
    for (let length = 0; length < bytes.length; length++) expect(outcome(bytes.subarray(0, length))).toEqual(refusal)
  })

  test('of another version is refused by its number', () => {
    const bytes = write(records)
    const footer = bytes.subarray(-64)
    footer.writeUInt32LE(7, 52)
    footer.writeUInt32LE(crc32(footer.subarray(0, 56)), 56)
    expect(() => open(bytes)).toThrow(/version 7, and this quern reads version 1/)
  })
})

describe('the writer', () => {
  const place = { partition: 0, partitions: 1, groupBy: 0 }

  test('refuses keys out of order, with both', () => {
    const writer = new TableWriter(path.join(directory, 'unordered'), buffer, place)
    fill(writer, [
      ['b', 1],
      ['b', 2],
    ])
    expect(() => fill(writer, [['a', 3]])).toThrow(/key "a" was emitted after "b".*in key order/)
    expect(() => fill(writer, [[1, 3]])).toThrow(/key 1 was emitted after "b"/)
    writer.abandon()
  })

  test('does not forget what the disk refused', () => {
    const file = path.join(directory, 'refused')
    const writer = new TableWriter(file, buffer, place)
    // The next descriptor is the one the writer has: behind its back it becomes one for reading.
    writer.abandon()
    const fd = openSync(file, 'r')
    const large = 'x'.repeat(200_000)
    expect(() =>
      fill(writer, [
        ['a', large],
        ['b', large],
      ]),
    ).toThrow(expect.objectContaining({ code: 'MR_IO' }))
    expect(() => fill(writer, [['c', 1]])).toThrow(expect.objectContaining({ code: 'MR_IO' }))
    expect(() => writer.close()).toThrow(expect.objectContaining({ code: 'MR_IO' }))
    expect(() => closeSync(fd)).toThrow()
  })
})
