// DuckDB in process. Usage: node brc-duckdb.mjs INPUT OUTPUT THREADS
//
// Temperatures as decimals, so that sums are exact; the mean's last step, in whole tenths and a half upwards, is taken of
// the few hundred groups alone.
import { DuckDBInstance } from '@duckdb/node-api'

const [, , input, output, threads] = process.argv
const quoted = (text) => `'${text.replaceAll("'", "''")}'`
const instance = await DuckDBInstance.create(':memory:', { threads })
const connection = await instance.connect()
await connection.run(`
  copy (
    select station, least,
           cast(floor((2 * total + n) / (2 * n)) as decimal(9, 0)) * cast(0.1 as decimal(2, 1)) as mean, greatest, n
    from (
      select station, min(v) as least, max(v) as greatest, cast(sum(v) * 10 as bigint) as total, count(*) as n
      from read_csv(${quoted(input)}, columns = {'station': 'VARCHAR', 'v': 'DECIMAL(4,1)'}, delim = ';', header = false,
                    auto_detect = false, quote = '', escape = '')
      group by station
    )
  ) to ${quoted(output)} (format csv, delimiter E'\\t', header false, quote '')`)
