import fs from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { makePlace } from './run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)

test('sums by a column of text with line ends are those of DuckDB, and so is what is written', async () => {
  await using place = await makePlace()
  const file = place.at('in', 'rows.csv')
  await fs.mkdir(place.at('in'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const ask = async (sql: string): Promise<string[][]> =>
    (await connection.runAndReadAll(sql)).getRows().map((row) => row.map(String))
  try {
    // Names of all kinds, notes that need quotes more often than not, of every length up to some thousand bytes.
    await connection.run(`create table rows as select
      ['plain', 'with, comma', 'with "quotes"', 'two' || chr(10) || 'lines', 'cr' || chr(13) || chr(10) || 'lf', 'é'][i * 7 % 6 + 1] as name,
      repeat(['x', '"', chr(10), ',', 'text '][i * 13 % 5 + 1], (i * i % 97)::int) as note,
      (i * 7919 % 10007 - 5000)::int as n from range(40000) t(i)`)
    await connection.run(`copy rows to '${file}' (format csv, header)`)
    const module = await place.write(
      'job.mjs',
      `export default {
        input: { input: 'csv' },
        output: { output: 'csv', columns: ['name', 'rows', 'bytes', 'total'] },
        map(row, emit) { emit(row.get('name'), [row.get('note').length, row.get('n').toNumber()]) },
        reduce(name, values, emit) {
          let [rows, bytes, total] = [0, 0, 0]
          for (const [length, n] of values) { rows++; bytes += length; total += n }
          emit(name, { total, bytes, rows })
        },
      }`,
    )
    await place.run(
      {
        moduleUrl: pathToFileURL(module).href,
        inputs: [{ kind: 'local', path: file }],
        splitBytes: 100_003,
        reducers: 3,
      },
      { worker },
    )
    const expected = await ask('select name, count(*), sum(strlen(note)), sum(n) from rows group by 1 order by 1')
    expect(expected.length).toBe(6)
    const written = `read_csv('${place.at('out', 'part-r-*')}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')`
    expect(await ask(`select * from ${written} order by 1`)).toEqual(expected)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
})
