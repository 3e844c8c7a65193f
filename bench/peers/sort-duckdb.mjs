// DuckDB in process. Usage: node sort-duckdb.mjs INPUT OUTPUT THREADS MEMORY TEMPORARY
//
// A line is one column: the delimiter, to read and to write, is a byte that the lines do not hold, so that nothing is cut
// and nothing quoted. Text is ordered by its bytes, as LC_ALL=C has it.
import { DuckDBInstance } from '@duckdb/node-api'

const [, , input, output, threads, memory, temporary] = process.argv
const quoted = (text) => `'${text.replaceAll("'", "''")}'`
const instance = await DuckDBInstance.create(':memory:', { threads, memory_limit: memory, temp_directory: temporary })
const connection = await instance.connect()
await connection.run(`
  copy (
    select line
    from read_csv(${quoted(input)}, columns = {'line': 'VARCHAR'}, delim = E'\\x01', header = false, auto_detect = false,
                  quote = '', escape = '')
    order by line
  ) to ${quoted(output)} (format csv, header false, quote '', delimiter E'\\x01')`)
