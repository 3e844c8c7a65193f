// DuckDB in process. Usage: node join-duckdb.mjs LEFT LEFTKEY RIGHT RIGHTKEY OUTPUT THREADS
//
// Both sides are read as text, as the join reads them: DuckDB would otherwise parse and print dates and numbers, which
// takes longer. Without preserve_insertion_order it need not keep the rows it has read, which is faster.
import { DuckDBInstance } from '@duckdb/node-api'

const [, , left, leftKey, right, rightKey, output, threads] = process.argv
const quoted = (text) => `'${text.replaceAll("'", "''")}'`
const instance = await DuckDBInstance.create(':memory:', { threads })
const connection = await instance.connect()
await connection.run('set preserve_insertion_order = false')
await connection.run(`
  copy (
    select l."${leftKey}", l.* exclude ("${leftKey}"), r.* exclude ("${rightKey}")
    from read_csv(${quoted(left)}, header = true, all_varchar = true) l
    join read_csv(${quoted(right)}, header = true, all_varchar = true) r on l."${leftKey}" = r."${rightKey}"
  ) to ${quoted(output)} (format csv, header false)`)
