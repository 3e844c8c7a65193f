import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { flights } from '../../../datasets/real-tables.ts'
import type { RunJobOptions } from '../../../mapreduce/master/run-job.ts'
import { workerModule } from '../../../mapreduce/master/worker-module.ts'
import { makePlace, type Place } from '../master/run-job-fixture.ts'

const worker = workerModule(new URL('../../../dist/mapreduce/master/worker-module.js', import.meta.url).href)
export const fixture = (name: string): string => new URL(`./fixtures/${name}`, import.meta.url).href
export const bundled = (name: string): string => new URL(`../../../dist/jobs/${name}.js`, import.meta.url).href

const MiB = 2 ** 20
const options = `header = true, all_varchar = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
  nullstr = '', allow_quoted_nulls = false, max_line_size = 10000000, parallel = false, new_line = '\\n'`

/** Tables as CSV files, jobs over them, and DuckDB to say what is right. */
export class Tables implements AsyncDisposable {
  readonly place: Place
  readonly #duckdb: DuckDBConnection

  private constructor(place: Place, duckdb: DuckDBConnection) {
    this.place = place
    this.#duckdb = duckdb
  }

  static async make(): Promise<Tables> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    return new Tables(await makePlace(), await instance.connect())
  }

  async ask(sql: string): Promise<(string | null)[][]> {
    const rows = (await this.#duckdb.runAndReadAll(sql)).getRows()
    return rows.map((row) => row.map((value) => (value === null ? null : String(value))))
  }

  /** The rows of a query as a CSV file, and as the table of that name. */
  async write(name: string, query: string): Promise<string> {
    const file = this.place.at(`${name}.csv`)
    await this.#duckdb.run(`create or replace table ${name} as ${query}`)
    await this.#duckdb.run(`copy ${name} to '${file}' (format csv, header)`)
    return file
  }

  /** Runs a job; what it wrote, for DuckDB to read: every field a text. */
  async run(
    moduleUrl: string,
    inputs: readonly string[] | { readonly left: string; readonly right: string },
    columns: readonly string[],
    more: Partial<RunJobOptions> = {},
  ): Promise<string> {
    const given = Array.isArray(inputs) ? inputs.map((path) => ['', path]) : Object.entries(inputs)
    await this.place.run(
      {
        moduleUrl,
        inputs: given.map(([name, path]) => ({ kind: 'local', path, ...(name === '' ? {} : { name }) })),
        overwrite: true,
        memoryBytes: 16 * MiB,
        // Each worker costs its start, and what comes out is the same for any number.
        workers: 1,
        ...more,
      },
      { worker },
    )
    const named = columns.map((column) => `'${column}': 'varchar'`).join(', ')
    return `read_csv('${this.place.at('out')}/part-*', columns = {${named}}, ${options})`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#duckdb.closeSync()
    await this.place[Symbol.asyncDispose]()
  }
}

/** Nulls, duplicates, and half of all rows under one key. */
export const generated = `select
  case when i % 2 = 0 then 'hot' when i % 37 = 1 then null else 'k' || (i * 7919 % 211) end as origin,
  ['x', 'y', 'long name, quoted', null][i * 31 % 4 + 1] as destination,
  case when i % 11 = 0 then null else (i * i % 2003)::int - 1000 end as delay,
  (i * 13 % 89)::int as distance, i as n from range(20000) t(i)`

/** The first so many of the real flights; undefined where they are not installed. */
export function realFlights(count: number): string | undefined {
  const found = flights()
  return found === undefined
    ? undefined
    : `select origin, destination, delay::int as delay, distance::int as distance, (row_number() over ()) - 1 as n
       from (select * from '${found.flightsParquet}' limit ${count})`
}
