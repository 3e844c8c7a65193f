import { expect, expectTypeOf, test } from 'vitest'
import { type CsvRow, csv, defineJob, fixed, jsonl, lines, type Text, table } from '../../mapreduce/index.ts'

test('a format gives map the type of its records, and serves as input and as output', () => {
  const jobs = [
    defineJob({
      input: csv({ delimiter: ';' }),
      output: csv({ columns: ['a'] }),
      map(row, emit) {
        expectTypeOf(row).toEqualTypeOf<CsvRow>()
        emit(row.get('a'))
      },
    }),
    defineJob({
      input: jsonl<{ readonly id: string }>(),
      output: jsonl(),
      map(value, emit) {
        expectTypeOf(value).toEqualTypeOf<{ readonly id: string }>()
        emit(value.id)
      },
    }),
    defineJob({
      input: table<string, readonly number[]>(),
      output: table(),
      map({ key, value }, emit) {
        expectTypeOf(key).toEqualTypeOf<Text>()
        expectTypeOf(value).toEqualTypeOf<readonly number[]>()
        emit(key, value.length)
      },
    }),
    defineJob({
      input: fixed(8),
      map(record, emit) {
        expectTypeOf(record).toEqualTypeOf<Text>()
        emit(record)
      },
    }),
    defineJob({
      input: lines(3),
      map(line, emit) {
        expectTypeOf(line).toEqualTypeOf<Text>()
        emit(line)
      },
    }),
  ]
  // Formats travel to other threads and into plans: they are plain data.
  for (const { input, output } of jobs) expect(structuredClone({ input, output })).toEqual({ input, output })
})
