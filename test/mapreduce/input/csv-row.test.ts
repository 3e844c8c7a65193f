import { describe, expect, test } from 'vitest'
import type { ByteSource } from '../../../mapreduce/input/byte-source.ts'
import { CsvReader } from '../../../mapreduce/input/csv-reader.ts'
import { RECORD_BYTES_MAX } from '../../../mapreduce/input/record-reader.ts'
import type { CsvRow } from '../../../mapreduce/record/csv-row.ts'
import { fieldsOf, type ReadOptions, spaces, whole } from './csv-files.ts'

describe('files at the edges', () => {
  test.each<[string, string, string[][]]>([
    ['an empty file', '', []],
    ['a byte order mark alone', '\ufeff', []],
    ['a header alone', 'a,b', []],
    ['a header line alone', 'a,b\r\n', []],
    ['no final line end', 'a,b\n1,2', [['1', '2']]],
    ['an empty last field', 'a,b\n1,', [['1', '']]],
    ['a quote that ends the file', 'a,b\n1,"2"', [['1', '2']]],
    ['a CR that ends the file', 'a,b\n1,2\r', [['1', '2']]],
    ['a quote inside a field without', 'a,b\n5" disk,x"y"\n', [['5" disk', 'x"y"']]],
    ['a lone CR', 'a,b\nx\ry,z\n', [['x\ry', 'z']]],
    ['empty quotes', 'a,b\n"",""""\n', [['', '"']]],
  ])('%s', (_name, text, expected) => {
    for (const space of spaces) expect(whole(text, { space })).toEqual(expected)
  })

  test('nothing without quotes is null, nothing in quotes is a text, also at the end of a CR LF line and of the file', () => {
    const seen: boolean[][] = []
    const each = (row: CsvRow): number => seen.push([row.isNull('a'), row.isNull(1)])
    whole('a,b\n,""\n"",\n,\r\n"",""\r\nx,"x"\n,', { each })
    expect(seen).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [false, false],
      [false, false],
      [true, true],
    ])
    seen.length = 0
    whole('a,b\n"x"\n', { strictColumnHandling: false, each })
    expect(seen).toEqual([[false, true]])
  })

  test('a header with columns that have no name, or the same one and others in its place', () => {
    expect(whole('a,,\n1,2,3\n', { each: (row) => expect(row.columns).toEqual(['a', '', '']) })).toEqual([
      ['1', '2', '3'],
    ])
    expect(() => whole('a,,\n1,2,3\n', { each: (row) => row.get('') })).toThrow(/no column ""/)
    expect(whole('a,a\n1,2\n', { headers: ['x', 'y'], renameHeaders: true })).toEqual([['1', '2']])
  })

  test('a header that is long, behind a mark, and given', () => {
    const wide = Array.from({ length: 12_000 }, (_, i) => `column number ${i}`)
    const seen: number[] = []
    const each = (row: CsvRow): number => seen.push(row.columns.length)
    expect(whole(`\ufeff${wide.join(',')}\n${wide.join(',')}\n`, { each })).toEqual([wide])
    expect(whole('\ufeff"x,""",y\n', { headers: ['a', 'b'], each })).toEqual([['x,"', 'y']])
    expect(seen).toEqual([12_000, 2])
    expect(() => whole('a'.repeat(2_000_000))).toThrow(/no line end in the first 1048576 bytes/)
    expect(() => whole(`"${'a\n'.repeat(1_000_000)}`)).toThrow(/the quote at byte 0, in the header, is never closed/)
  })

  test('a record of more fields than are looked for at a time', () => {
    const wide = Array.from({ length: 20_000 }, (_, i) => `${i % 10}`)
    const text = `${wide.join(',')}\n${wide.join(',')}\nx\n`
    for (const space of spaces)
      expect(whole(text, { headers: false, space }).map((row) => row.length)).toEqual([20_000, 20_000, 1])
  })
})

describe('what is wrong is told with its place', () => {
  const failure = (text: string, options?: ReadOptions): unknown => {
    try {
      return whole(text, options)
    } catch (error) {
      return error instanceof Error ? error.message : error
    }
  }

  test.each<[string, string, RegExp]>([
    [
      'too few fields',
      'a,b\n1,2\n3\n',
      /^in\.csv, byte 8: the record has 1 field, and there are 2 columns .*strictColumnHandling.* begins "3"/,
    ],
    [
      'too many fields',
      'a,b\n1,2,3\n',
      /byte 4: the record has 3 fields, and there are 2 columns .*discardUnmappedColumns/,
    ],
    ['an empty line', 'a,b\n\n1,2\n', /byte 4: .*ignoreEmpty/],
    ['text behind a quote', 'a,b\n1,2\n"3"x,4\n', /byte 8: bytes follow a closing quote/],
    [
      'a quote never closed',
      'a,b\n1,2\n3,"4\n5,6\n',
      /byte 8: the quote that opens a field at byte 10 is never closed/,
    ],
    ['a quote never closed in the header', 'a,"b\n1,2\n', /quote at byte 2, in the header, is never closed/],
    ['a column twice', 'a,b,a\n', /names the column "a" twice/],
  ])('%s', (_name, text, message) => {
    for (const space of spaces) expect(failure(text, { space })).toMatch(message)
  })

  test('a column that is not there, with those there are and the nearest', () => {
    const ask = (name: string | number, options: ReadOptions = {}): unknown =>
      failure('origin,destination,delay\nA,B,1\n', { ...options, each: (row) => row.get(name) })
    expect(ask('orgin')).toBe(
      'there is no column "orgin". Did you mean origin? The columns are origin, destination, delay',
    )
    expect(ask('constructor')).toMatch(/no column "constructor"/)
    expect(ask('a', { headers: false })).toMatch(/without headers/)
    for (const index of [3, -1, 0.5]) expect(ask(index)).toMatch(/there is no field/)
  })

  test('a record without end, at the limit of a record', () => {
    const head = Buffer.from('a,b\n1,"')
    const length = RECORD_BYTES_MAX + 1000
    const source: ByteSource = {
      length,
      bad: [],
      read: (target, offset, position, wanted) => {
        const count = Math.max(0, Math.min(wanted, length - position))
        target.fill(120, offset, offset + count)
        if (position === 0) head.copy(target, offset)
        return count
      },
      close() {},
    }
    const [, space] = spaces
    if (space === undefined) throw new Error('no space')
    const reader = new CsvReader(space, source, 0, length, {
      name: 'long.csv',
      beforeRefill() {},
      onRead() {},
      format: { input: 'csv' },
    })
    expect(() => reader.next()).toThrow(
      expect.objectContaining({ code: 'MR_RECORD_TOO_LARGE', message: expect.stringContaining('byte 6 never closed') }),
    )
  })
})

test('a row tells its fields by name and number, and a copy keeps them', () => {
  const kept: CsvRow[] = []
  const offsets: number[] = []
  const rows = whole('id,text\n1,"a ""b"""\n2,plain\r\n"3","""x"', {
    each: (row, reader) => {
      kept.push(row.copy())
      offsets.push(reader.offset)
      expect(row.get('text')).toBe(row.get(1))
      const [id, text] = [row.get('id').toString(), row.get('text').toString()]
      expect(row.toObject()).toEqual({ id, text })
      expect(JSON.parse(JSON.stringify(row))).toEqual({ id, text })
      // Both are good at the same time, unescaped or not.
      expect([row.get(0).toString(), row.get(1).toString()]).toEqual([id, text])
    },
  })
  expect(rows).toEqual([
    ['1', 'a "b"'],
    ['2', 'plain'],
    ['3', '"x'],
  ])
  expect(offsets).toEqual([8, 20, 29])
  expect(kept.map((row) => fieldsOf(row))).toEqual(rows)
  kept[0]?.scribble()
  expect(fieldsOf(kept[0] ?? expect.fail('no row'))).not.toEqual(rows[0])
})
