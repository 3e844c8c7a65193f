import fc from 'fast-check'
import { parseString } from 'fast-csv'
import { describe, expect, test } from 'vitest'
import type { ByteSource } from '../../../mapreduce/input/byte-source.ts'
import type { ChunkSpace } from '../../../mapreduce/input/chunk-space.ts'
import { CsvReader } from '../../../mapreduce/input/csv-reader.ts'
import { type CsvDialect, isSplittable } from '../../../mapreduce/input/format.ts'
import { stripesOf } from '../../../mapreduce/input/quote-table.ts'
import { fieldsOf, read, readCut, readerOf, sourceOf, spaces, whole } from './csv-files.ts'

const CHUNK = 64 * 1024

async function fastCsv(text: string, options: Record<string, unknown> = {}): Promise<string[][]> {
  return await new Promise((resolve, reject) => {
    const rows: string[][] = []
    parseString(text, { headers: false, ...options })
      .on('error', reject)
      .on('data', (row: string[]) => rows.push(row))
      .on('end', () => resolve(rows))
  })
}

/** What a field may hold, and how it may be written. */
const values = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'bc', '1.5', 'x y', 'é', '\u{1f600}') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', 'a,b', 'say "so"', '"', '""', 'two\nlines', 'a\r\nb', ',\n",', '5" disk'),
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom('a', ',', '"', '\n', ';'), { maxLength: 8 }).map((all) => all.join('')),
  },
)
const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`
const written = fc
  .tuple(values, fc.boolean())
  .map(([value, always]) => (always || value === '' || /^["\s]|[,\r\n]/.test(value) ? quoted(value) : value))
const files = fc
  .tuple(
    fc.array(fc.array(written, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
    fc.boolean(),
  )
  .map(
    ([rows, end, final, mark]) =>
      `${mark ? '\ufeff' : ''}${rows.map((row) => row.join(',')).join(end)}${final ? end : ''}`,
  )

describe('each record is read exactly once, as fast-csv has it', () => {
  test('for every cut of any small file, from one byte up', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.constantFrom(...spaces), async (text, space) => {
        const bytes = Buffer.from(text)
        const expected = await fastCsv(text)
        expect(read(bytes, 0, bytes.length, { headers: false, space })).toEqual(expected)
        for (let size = 1; size <= bytes.length; size++) {
          const cuts = Array.from({ length: Math.ceil(bytes.length / size) - 1 }, (_, i) => (i + 1) * size)
          expect(readCut(bytes, cuts, { headers: false, space })).toEqual(expected)
        }
      }),
      { numRuns: 120 },
    )
  })

  test('with a header, which belongs to no split, for every cut', () => {
    const text = '\ufeff"na""me","two\nlines"\r\n1,"x\n"\r\n"",2\r\n"3\n3","""\n"'
    const bytes = Buffer.from(text)
    const expected = [
      ['1', 'x\n'],
      ['', '2'],
      ['3\n3', '"\n'],
    ]
    for (let size = 1; size <= bytes.length; size++) {
      const cuts = Array.from({ length: Math.ceil(bytes.length / size) - 1 }, (_, i) => (i + 1) * size)
      expect(readCut(bytes, cuts, { each: (row) => expect(row.columns).toEqual(['na"me', 'two\nlines']) })).toEqual(
        expected,
      )
    }
  })

  test('whatever the bytes are: quotes where they should not be, too', () => {
    const bytesOf = fc.array(fc.constantFrom(34, 34, 44, 10, 97), { maxLength: 40 }).map((list) => Buffer.from(list))
    const safely = (bytes: Buffer, cuts: readonly number[], space: ChunkSpace): unknown[] => {
      const quotes = new Uint8Array(1)
      return [0, ...cuts].flatMap((start, i) => {
        const reader = readerOf(bytes, start, (cuts[i] ?? bytes.length) - start, { headers: false, space, quotes })
        const seen: unknown[] = []
        for (;;) {
          try {
            if (!reader.next()) return seen
            seen.push(fieldsOf(reader.record))
          } catch (error) {
            // Reading goes on behind a bad record.
            seen.push(error instanceof Error ? error.message : error)
          }
        }
      })
    }
    fc.assert(
      fc.property(bytesOf, fc.constantFrom(...spaces), (bytes, space) => {
        const expected = safely(bytes, [], space)
        for (let cut = 1; cut < bytes.length; cut++) expect(safely(bytes, [cut], space)).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('where records cross chunks, outgrow them, and hold thousands of line ends', async () => {
    const lengths = fc.oneof(
      { weight: 5, arbitrary: fc.nat(300) },
      { weight: 2, arbitrary: fc.integer({ min: CHUNK / 2 - 40, max: CHUNK / 2 + 40 }) },
      { weight: 1, arbitrary: fc.integer({ min: CHUNK - 40, max: CHUNK + 40 }) },
      { weight: 1, arbitrary: fc.integer({ min: CHUNK * 2, max: CHUNK * 3 }) },
    )
    const large = fc
      .tuple(fc.array(lengths, { minLength: 1, maxLength: 10 }), fc.boolean(), fc.constantFrom('\n', 'y', '""', ','))
      .map(([all, final, filling]) => {
        const rows = all.map((length, i) => [`${i}`, filling.repeat(length / filling.length), 'end'])
        const text = rows.map(([id, value, end]) => `${id},"${value}",${end}`).join('\n') + (final ? '\n' : '')
        return { text, expected: rows.map(([id, value, end]) => [id, value?.replaceAll('""', '"'), end]) }
      })
    fc.assert(
      fc.property(
        large,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
        fc.constantFrom(...spaces),
        ({ text, expected }, fractions, space) => {
          const bytes = Buffer.from(text)
          const all = [...fractions.map((fraction) => Math.floor(fraction * bytes.length)), CHUNK - 1, CHUNK, CHUNK + 1]
          const cuts = [...new Set(all)].filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b)
          const found = readCut(bytes, cuts, { headers: false, space })
          expect(found.length).toBe(expected.length)
          // Compared one by one: a difference is not to print megabytes.
          found.forEach((row, i) => {
            row.forEach((value, field) => {
              if (value !== expected[i]?.[field]) expect.fail(`record ${i}, field ${field} of cuts ${cuts} is another`)
            })
          })
        },
      ),
      { numRuns: 40 },
    )
  })

  test('where a stripe begins anywhere in a record, in the middle of its quotes too', () => {
    const row = '"""""",a"b,"x""\n"\n'
    const rows = row.repeat(Math.ceil((1024 * 1024 + 500) / row.length))
    for (let shift = 0; shift <= row.length; shift++) {
      const bytes = Buffer.from(`${'x'.repeat(shift)}\n${rows}`)
      for (const cut of [1024 * 1024, 1024 * 1024 + 7, 1024 * 1024 + 60]) {
        let records = 0
        for (const [start, end] of [
          [0, cut],
          [cut, bytes.length],
        ] as const) {
          const reader = readerOf(bytes, start, end - start, { headers: false })
          while (reader.next()) if (reader.record.length === 3) records++
        }
        expect(records).toBe(rows.length / row.length)
      }
    }
  })

  test('in stripes that other workers scanned', () => {
    const row = 'abc,"de ""f""\n",ghi\n'
    const bytes = Buffer.from(row.repeat(Math.ceil((3.5 * 1024 * 1024) / row.length)))
    const quotes = new Uint8Array(stripesOf(bytes.length))
    const cuts = [1_500_001, 3_000_000]
    let reads = 0
    for (let round = 0; round < 2; round++) {
      const counted = {
        ...sourceOf(bytes),
        read: (...given: Parameters<ByteSource['read']>) => {
          reads++
          return sourceOf(bytes).read(...given)
        },
      }
      const before = reads
      let records = 0
      const [, space] = spaces
      if (space === undefined) throw new Error('no space')
      for (const [i, start] of [0, ...cuts].entries()) {
        const reader = new CsvReader(space, counted, start, (cuts[i] ?? bytes.length) - start, {
          name: 'in.csv',
          beforeRefill() {},
          onRead() {},
          quotes,
          format: { input: 'csv', headers: false },
        })
        while (reader.next()) records++
      }
      expect(records).toBe(bytes.length / row.length)
      expect([...quotes].filter((known) => known > 0).length).toBe(2)
      if (round === 1) expect(reads - before).toBeLessThan(before)
    }
  })
})

describe('dialects are those of fast-csv', () => {
  test.each<[string, CsvDialect, string]>([
    ['a delimiter', { delimiter: ';' }, 'a;"b;c";d\n1;2;3\n'],
    ['a tab', { delimiter: '\t' }, 'a\tb\n"1\t2"\t3\n'],
    ['another quote', { quote: "'" }, "a,'b,''c',d\n"],
    ['an escape', { escape: '\\' }, 'a,"b \\"c\\" \\\\ \\d,",e\n"\\\\",f,"x"\n'],
    ['comments', { comment: '#' }, '#no "quote\na,b\n#x\n#\nc,"d\n#e"\n#last'],
    ['trim', { trim: true }, ' a , "b , c" ,d \n"  e ", f,g\n'],
    ['ignoreEmpty', { ignoreEmpty: true }, '\na,b\n\n  \n,\nc,d\n\n'],
    ['no quotes at all', { quote: null }, 'a,"b\n"c",d\n'],
  ])('%s', async (_name, dialect, text) => {
    const expected = await fastCsv(text, { ...dialect })
    expect(expected.length).toBeGreaterThan(0)
    for (const space of spaces) expect(whole(text, { headers: false, ...dialect, space })).toEqual(expected)
  })

  test('a file is cut only where the dialect allows it', () => {
    const dialects: CsvDialect[] = [{}, { quote: "'" }, { escape: '"' }, { quote: null, comment: '#' }]
    expect(dialects.map((dialect) => isSplittable({ input: 'csv', ...dialect }))).toEqual([true, true, true, true])
    const others: CsvDialect[] = [{ escape: '\\' }, { comment: '#' }, { trim: true }, { quote: "'", escape: '"' }]
    expect(others.map((dialect) => isSplittable({ input: 'csv', ...dialect }))).toEqual([false, false, false, false])
  })

  test('names that are given stand for a first record, or instead of it', () => {
    expect(whole('a,b\n1,2\n', { headers: ['x', 'y'] })).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ])
    expect(whole('a,b\n1,2\n', { headers: ['x', 'y'], renameHeaders: true })).toEqual([['1', '2']])
    whole('a,b\n1,2\n', {
      headers: ['x', 'y'],
      each: (row) => expect(row.get('y').equals('b') || row.get('y').equals('2')).toBe(true),
    })
  })

  test('records with more or fewer fields, where they are allowed', () => {
    const text = 'a,b,c\n1,2\n1,2,3,4\n'
    const seen: unknown[] = []
    whole(text, { strictColumnHandling: false, discardUnmappedColumns: true, each: (row) => seen.push(row.toObject()) })
    expect(seen).toEqual([
      { a: '1', b: '2', c: '' },
      { a: '1', b: '2', c: '3' },
    ])
  })
})
