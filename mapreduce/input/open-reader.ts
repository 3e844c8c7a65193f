import type { ByteSource } from './byte-source.ts'
import type { ChunkSpace } from './chunk-space.ts'
import { CsvReader } from './csv-reader.ts'
import { FixedReader } from './fixed-reader.ts'
import { formatOfFile, type InputSpec } from './format.ts'
import { LineReader } from './line-reader.ts'
import { JsonlReader, KeyValueReader } from './line-records.ts'
import { MatchingLines } from './matching-lines.ts'
import type { ReaderOptions, RecordReader } from './record-reader.ts'
import { RecordsReader } from './records-reader.ts'
import { TableReader } from './table-reader.ts'
import { WholeFileReader } from './whole-file-reader.ts'

/** The reader of a segment in an input format. */
export function openReader(
  format: InputSpec,
  space: ChunkSpace,
  source: ByteSource,
  start: number,
  length: number,
  options: ReaderOptions,
): RecordReader {
  const lines = (crlf: boolean | undefined): LineReader =>
    new LineReader(space, source, start, length, { ...options, crlf: crlf === true })
  const own = formatOfFile(format, options.name)
  switch (own.input) {
    case 'text': {
      const { contains } = options
      const all = lines(own.crlf)
      if (contains === undefined || contains.length === 0) return all
      return new MatchingLines(all, space, contains, own.crlf === true, options)
    }
    case 'lines':
      return lines(own.crlf)
    case 'keyValue':
      return new KeyValueReader(lines(own.crlf), own.separator ?? '\t')
    case 'jsonl':
      return new JsonlReader(lines(false), options.name)
    case 'csv':
      return new CsvReader(space, source, start, length, { ...options, format: own })
    case 'fixed':
      return new FixedReader(space, source, start, length, { ...options, bytes: own.bytes })
    case 'wholeFile':
      return new WholeFileReader(source, start, options)
    case 'table':
      return new TableReader(source, options)
    case 'records':
      return new RecordsReader(source, start, length, { ...options, format: own })
  }
}
