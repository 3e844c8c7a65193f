import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flights, organizationsCsv } from '../../../datasets/real-tables.ts'
import { bundled, fixture, generated, realFlights, Tables } from './tables.ts'

let tables: Tables
beforeAll(async () => {
  tables = await Tables.make()
})
afterAll(() => tables[Symbol.asyncDispose]())

const FLIGHTS = Number(process.env['QUERN_HUNT_FLIGHTS'] ?? 5000)
/** The hunt beside this goes through all cases; here every type and strategy comes once. */
const everything = process.env['QUERN_HUNT_FLIGHTS'] !== undefined
const sources = [
  ['generated rows with nulls, duplicates and skew', generated],
  ['real flights', realFlights(FLIGHTS)],
] as const

/** What each reduction is in SQL: one row a key, or several. */
const reductions = {
  sum: ['delay', 'select origin, sum(delay) from t where delay is not null group by 1'],
  count: ['delay', 'select origin, count(delay) from t where delay is not null group by 1'],
  min: ['delay', 'select origin, min(delay) from t where delay is not null group by 1'],
  max: ['delay', 'select origin, max(delay) from t where delay is not null group by 1'],
  mean: ['delay', 'select origin, avg(delay) from t where delay is not null group by 1'],
  distinct: ['destination', 'select distinct origin, destination from t where destination is not null'],
  top: ['delay', 'select origin, unnest(max(delay, 3)) from t where delay is not null group by 1'],
  bottom: ['distance', 'select origin, unnest(min(distance, 3)) from t where distance is not null group by 1'],
} as const

/** One number or text of each flight by where it left from; flights without one are passed over. */
const aggregateBy = (name: string, column: string): Promise<string> =>
  tables.place.write(
    `${name}.mjs`,
    `import * as quern from '${new URL('../../../dist/mapreduce/index.js', import.meta.url).href}'
    const reductions = { ...quern, top: quern.top(3), bottom: quern.bottom(3) }
    export default {
      input: quern.csv(),
      output: quern.csv({ columns: ['origin', 'value'] }),
      map(row, emit) {
        const [origin, value] = [row.get('origin'), row.get('${column}')]
        if (value.length === 0) return
        emit([origin.length === 0 ? null : origin], ${column === 'destination' ? 'value' : 'value.toNumber()'})
      },
      reduce: reductions.${name},
    }`,
  )

describe.each(sources)('%s, as DuckDB has them', (_what, query) => {
  it.for(Object.entries(reductions).filter((_reduction, i) => everything || query === generated || i % 3 === 0))(
    'grouped: %s',
    async ([name, [column, sql]], { skip }) => {
      if (query === undefined) return skip('vega-datasets is not installed')
      const file = await tables.write('t', query)
      const moduleUrl = await aggregateBy(name, column)
      const written = await tables.run(moduleUrl, [file], ['origin', 'value'], { splitBytes: 150_007, reducers: 2 })
      const value = column === 'destination' ? 'value' : 'value::double'
      const expected = await tables.ask(`select * from (${sql}) order by all`)
      expect(expected.length).toBeGreaterThan(10)
      expect((await tables.ask(`select origin, ${value} from ${written} order by all`)).map(String)).toEqual(
        expected.map(String),
      )
    },
  )

  it('sorted by two columns, the second backwards, nulls first, equal rows in their order', async ({ skip }) => {
    if (query === undefined) return skip('vega-datasets is not installed')
    const file = await tables.write('t', query)
    const written = await tables.run(fixture('sort-flights.mjs'), [file], ['n'], {
      splitBytes: 100_003,
      reducers: 3,
    })
    // Descending turns round where nulls are, too.
    const expected = await tables.ask('select n from t order by origin nulls first, delay desc nulls last, n')
    expect((await tables.ask(`select n from ${written}`)).join()).toBe(expected.join())
  })
})

describe('real flights joined with airports, as DuckDB joins them', () => {
  const types = ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const
  const cases = (['broadcast', 'partitioned', 'sort-merge'] as const).flatMap((strategy) =>
    types.filter((type) => strategy !== 'broadcast' || type !== 'full').map((type) => [strategy, type] as const),
  )
  const few = [
    'broadcast inner',
    'broadcast semi',
    'partitioned right',
    'partitioned full',
    'sort-merge left',
    'sort-merge anti',
  ]
  const once = cases.filter((words) => everything || few.includes(words.join(' ')))

  it.for(once)('%s, %s', async ([strategy, type], { skip }) => {
    const query = realFlights(FLIGHTS)
    const found = flights()
    if (query === undefined || found === undefined) return skip('vega-datasets is not installed')
    // Airports without a name for some of the flights, and names that come twice.
    const left = await tables.write(
      'l',
      `select case when n % 50 = 0 then null else origin end as iata, destination, delay, n from (${query})`,
    )
    const right = await tables.write(
      'r',
      `select iata, name, city from (select *, row_number() over () as i from read_csv('${found.airportsCsv}', all_varchar = true)) where i % 7 > 0
       union all select iata, 'again', city from read_csv('${found.airportsCsv}', all_varchar = true) where iata like 'A%'
       union all select null, 'nowhere', null`,
    )
    const alone = type === 'semi' || type === 'anti'
    const columns = ['iata', 'destination', 'delay', 'n', ...(alone ? [] : ['name', 'city'])]
    const written = await tables.run(bundled('join'), { left, right }, columns, {
      params: { on: 'iata', type, strategy },
      splitBytes: 200_003,
    })
    const kind = type === 'full' ? 'full outer' : type
    const sum = (from: string): string =>
      `select count(*), sum(hash(x::varchar)::hugeint) from (select ${columns.join(', ')} from ${from}) x`
    const expected = await tables.ask(sum(`l ${kind} join r using (iata)`))
    expect(Number(expected[0]?.[0])).toBeGreaterThan(0)
    expect(await tables.ask(sum(written.replace("new_line = '\\n'", "new_line = '\\n', header = false")))).toEqual(
      expected,
    )
  })
})

describe('oui.csv, whose addresses hold line ends', () => {
  it.for(everything ? [40_009, 5003] : [5003])(
    'cut every %d bytes, gives the records DuckDB reads',
    async (cut, { skip }) => {
      const file = organizationsCsv()
      if (file === undefined) return skip('the Debian package ieee-data is not installed')
      const columns = ['a', 'b', 'c', 'd']
      const written = await tables.run(fixture('parse-csv.mjs'), [file], columns, { splitBytes: cut, format: 'csv' })
      const named = `columns = {a: 'varchar', b: 'varchar', c: 'varchar', d: 'varchar'}`
      const theirs = `read_csv('${file}', ${named}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', parallel = false)`
      const all = (from: string): string =>
        `select count(*), count(*) filter (contains(d, chr(10))), md5(string_agg(x::varchar, chr(0))) from (select coalesce(a, '') a, coalesce(b, '') b, coalesce(c, '') c, coalesce(d, '') d from ${from}) x`
      const expected = await tables.ask(all(theirs))
      expect(Number(expected[0]?.[1])).toBeGreaterThan(5)
      expect(await tables.ask(all(written))).toEqual(expected)
    },
  )
})
