import fc from 'fast-check'
import { parseString } from 'fast-csv'
import { describe, expect, test } from 'vitest'
import { MrError } from '../../../mapreduce/base/errors.ts'
import { csv } from '../../../mapreduce/format.ts'
import { directOutput } from '../../../mapreduce/output/direct-output.ts'
import { Text } from '../../../mapreduce/record/text.ts'
import { FormattedOutput } from '../../../mapreduce/stage/stage-output.ts'
import { whole } from '../input/csv-files.ts'

type Options = NonNullable<Parameters<typeof csv>[0]>

function written(records: readonly (readonly [unknown, unknown?])[], options?: Options): string {
  const output = new FormattedOutput(csv(options))
  const { emit } = directOutput(output)
  for (const [key, value] of records) emit(key, value)
  return output.take().toString()
}

async function fastCsv(text: string, { headers: _, columns: __, ...dialect }: Options = {}): Promise<string[][]> {
  return await new Promise((resolve, reject) => {
    const rows: string[][] = []
    parseString(text, { ...dialect, headers: false })
      .on('error', reject)
      .on('data', (row: string[]) => rows.push(row))
      .on('end', () => resolve(rows))
  })
}

const fields = fc
  .array(fc.constantFrom('a', 'é', ',', ';', '"', '\n', '\r', '#', '\\'), { maxLength: 6 })
  .map((all) => all.join(''))

describe('what is written is read again', () => {
  test.each<Options>([{}, { delimiter: ';', quote: "'" }, { escape: '\\' }, { comment: '#' }])(
    '%j',
    async (options) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fields, fc.array(fields, { minLength: 1, maxLength: 3 })), { minLength: 1, maxLength: 6 }),
          async (records) => {
            const text = written(records, options)
            const expected = records.map(([key, value]) => [key, ...value])
            expect(await fastCsv(text, options)).toEqual(expected)
            expect(whole(text, { ...options, headers: false })).toEqual(expected)
          },
        ),
        { numRuns: 60 },
      )
    },
  )

  test('of a single field, empty ones too', () => {
    const values = ['', 'a', '', '"']
    expect(whole(written(values.map((value) => [value])), { headers: false })).toEqual(values.map((value) => [value]))
  })

  test('of a record larger than the buffer', () => {
    const large = '"'.repeat(700_000)
    expect(
      whole(
        written([
          [large, 'x'],
          ['y', large],
        ]),
        { headers: false },
      ).map((row) => row.map((value) => value.length)),
    ).toEqual([
      [700_000, 1],
      [1, 700_000],
    ])
  })
})

test('the fields of the key, then those of the value', () => {
  expect(
    written([
      ['k', 1],
      [
        ['a', 2.5],
        ['b', null, true],
      ],
      [Text.from('t'), { x: 'a,b' }],
      [null, ['only', 12345678901234567890n]],
      ['alone'],
      [-0, null],
    ]),
  ).toBe('k,1\na,2.5,b,,true\nt,"{""x"":""a,b""}"\nonly,12345678901234567890\nalone\n0,\n')
})

describe('with columns', () => {
  const columns = ['id', 'name', 'note']

  test('each part begins with their names, and objects are written by name', () => {
    expect(written([], { columns })).toBe('id,name,note\n')
    expect(
      written(
        [
          [1, { note: 'n', name: 'a' }],
          [[2, 'b'], { note: null }],
          [null, { name: 'c' }],
          [4, ['d', 'e']],
        ],
        { columns },
      ),
    ).toBe('id,name,note\n1,a,n\n2,b,\n,c,\n4,d,e\n')
    expect(written([], { columns: ['a b', 'c,d'] })).toBe('a b,"c,d"\n')
  })

  test.each<[unknown, unknown, RegExp]>([
    [1, { nmae: 'x' }, /object with "nmae".*Did you mean name\? There are name, note/],
    [1, { id: 2 }, /object with "id"/],
    [1, ['a'], /a record of 2 fields was emitted, and csv\(\{ columns \}\) names 3: id, name, note/],
    [1, ['a', 'b', 'c'], /a record of 4 fields/],
  ])('%j with %j does not fit', (key, value, message) => {
    let error: unknown
    try {
      written([[key, value]], { columns })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(MrError)
    expect(error).toMatchObject({ code: 'MR_USER_CODE', message: expect.stringMatching(message) })
  })
})

test('without quotes there is no way to write a delimiter', () => {
  expect(written([['a"b', 'c']], { quote: null })).toBe('a"b,c\n')
  expect(() => written([['a,b']], { quote: null })).toThrow(/no quotes for it/)
})
