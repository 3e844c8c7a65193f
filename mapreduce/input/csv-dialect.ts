import { type CsvBytes, NO_BYTE } from '../kernels/csv-scan.ts'
import type { CsvDialect } from './format.ts'

/** The dialect as the scan has it. */
export function csvBytes(dialect: CsvDialect): CsvBytes {
  const { delimiter = ',', quote = '"', comment, trim = false } = dialect
  const quoteByte = byteOf(quote)
  return {
    delimiter: byteOf(delimiter),
    quote: quoteByte,
    escape: dialect.escape === undefined || quote === null ? quoteByte : byteOf(dialect.escape),
    comment: byteOf(comment),
    trim,
  }
}

function byteOf(character: string | null | undefined): number {
  return character === null || character === undefined ? NO_BYTE : character.charCodeAt(0)
}
