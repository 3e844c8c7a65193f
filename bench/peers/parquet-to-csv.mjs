// Takes a parquet file to CSV with a header, through DuckDB. Usage: node parquet-to-csv.mjs INPUT OUTPUT
import { DuckDBInstance } from '@duckdb/node-api'

const [, , input, output] = process.argv
const quoted = (text) => `'${text.replaceAll("'", "''")}'`
const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
const connection = await instance.connect()
await connection.run(`copy (select * from ${quoted(input)}) to ${quoted(output)} (format csv, header)`)
