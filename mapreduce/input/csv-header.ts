import { MrError } from '../base/errors.ts'
import { type CsvBytes, CsvScan } from '../kernels/csv-scan.ts'
import { CsvColumns, CsvRow } from '../record/csv-row.ts'
import { csvBytes } from './csv-dialect.ts'
import type { CsvDialect } from './format.ts'

/** What the beginning of a CSV file says. */
export interface CsvHeader {
  readonly columns: CsvColumns
  /** Position behind the byte order mark. */
  readonly first: number
  /** Position of the first record of data. */
  readonly data: number
}

/** A first record longer than this is no list of names. */
export const HEADER_BYTES_MAX = 1024 * 1024

/**
 * Reads a file's header from its first bytes. Undefined when they are too few: `whole` says that there are no more.
 * Throws MR_BAD_INPUT for names that are given twice and for quotes that are never closed.
 */
export function parseCsvHeader(
  name: string,
  bytes: Buffer,
  whole: boolean,
  dialect: CsvDialect,
): CsvHeader | undefined {
  const codes = csvBytes(dialect)
  const first = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const { headers = true, renameHeaders = false } = dialect
  if (typeof headers !== 'boolean' && !renameHeaders) {
    return { columns: new CsvColumns(headers, codes), first, data: first }
  }
  if (headers === false) return { columns: new CsvColumns([], codes), first, data: first }
  const read = firstRecord(name, bytes, first, whole, codes, dialect.ignoreEmpty === true)
  if (read === undefined) return undefined
  if (headers === true) checkNames(name, read.names)
  return { columns: new CsvColumns(headers === true ? read.names : headers, codes), first, data: read.end }
}

function firstRecord(
  name: string,
  bytes: Buffer,
  from: number,
  whole: boolean,
  codes: CsvBytes,
  ignoreEmpty: boolean,
): { readonly names: readonly string[]; readonly end: number } | undefined {
  const scan = new CsvScan(codes)
  const row = new CsvRow(new CsvColumns([], codes))
  for (let at = from; ; ) {
    scan.begin(at)
    let end = scan.feed(bytes, at, bytes.length)
    if (end < 0) {
      if (!whole && bytes.length < HEADER_BYTES_MAX) return undefined
      if (scan.inside) {
        throw new MrError(
          'MR_BAD_INPUT',
          `${name}: the quote at byte ${scan.openedAt}, in the header, is never closed (the first ${bytes.length} bytes were read)`,
        )
      }
      if (!whole) {
        throw new MrError(
          'MR_BAD_INPUT',
          `${name}: there is no line end in the first ${bytes.length} bytes, where the names of the columns are looked for; is this CSV?`,
        )
      }
      if (!scan.finish(bytes, bytes.length)) return { names: [], end: bytes.length }
      end = bytes.length
    }
    row.move(bytes, scan.recordStart, scan.ends, 0, scan.count)
    if (!(ignoreEmpty && row.isEmpty)) {
      return { names: Array.from({ length: row.length }, (_, i) => row.get(i).toString()), end }
    }
    at = end
  }
}

function checkNames(name: string, names: readonly string[]): void {
  // Columns without a name are reached by their number.
  const twice = names.find((column, i) => column !== '' && names.indexOf(column) < i)
  if (twice === undefined) return
  throw new MrError(
    'MR_BAD_INPUT',
    `${name}: its header names the column ${JSON.stringify(twice)} twice (it has ${names.join(', ')}); name the columns yourself: csv({ headers: [...], renameHeaders: true })`,
  )
}
