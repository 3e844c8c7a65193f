import { type CsvRow, MrError, type TaskContext, Text } from '../mapreduce/index.ts'
import { COMMA, CsvLine, LF } from './csv-line.ts'

export type Row = CsvRow | Readonly<Record<string, unknown>>
/** Fields without a row, by their position. */
export type Fields = readonly (Text | null)[]

const isFields = (row: Row | Fields): row is Fields => Array.isArray(row)
const isCsv = (row: Row): row is CsvRow => typeof row['get'] === 'function'

export function listed(names: unknown): string[] {
  return typeof names === 'string' ? names.split(',').flatMap((name) => name.trim() || []) : []
}

/** One input of a join: the columns it is joined by and those that are written, of rows in CSV or JSON. */
export class JoinInput {
  keys = 0
  private names: readonly string[] = []
  private header: readonly string[] = []
  private at: readonly number[] = []
  private readonly line = new CsvLine()

  /** `others` undefined: all columns of the header. */
  setup(side: 'left' | 'right', ctx: TaskContext, keys: readonly string[], others?: readonly string[]): void {
    const known = ctx.columns(side)
    const bad = (why: string) => new MrError('MR_BAD_PARAM', `The ${side} input ${why}.`)
    if (keys.length === 0) throw bad('needs a key: -p on=COLUMN, or -p leftKey=COLUMN -p rightKey=COLUMN')
    const strange = [...keys, ...(others ?? [])].find((name) => known.length > 0 && !known.includes(name))
    if (strange !== undefined) throw bad(`has no column ${JSON.stringify(strange)}; it has ${known.join(', ')}`)
    if (others === undefined && known.length === 0) {
      throw bad(`has no header: say what of it is to be written, -p ${side}Columns=COLUMN,COLUMN`)
    }
    this.keys = keys.length
    this.names = [...keys, ...(others ?? known).filter((name) => !keys.includes(name))]
  }

  key(row: Row): Text | null | (Text | null)[] {
    return this.keys === 1 ? this.field(row, 0) : Array.from({ length: this.keys }, (_, i) => this.field(row, i))
  }

  /** As CSV the fields from the `from`th on; fields that are not there are null. */
  csv(row: Row | Fields, from: number): Text {
    const asIs = isFields(row) || !isCsv(row) ? undefined : this.standing(row, from)
    if (asIs !== undefined) return asIs
    const { line } = this
    line.begin()
    for (let i = from; i < this.names.length; i++) {
      if (i > 0) line.comma()
      line.field(isFields(row) ? (row[i] ?? null) : this.field(row, i))
    }
    if (from > 0) line.lineEnd()
    return line.text
  }

  /** Those fields as they stand in the file, where that is what would be written: side by side, and none with quotes. */
  private standing(row: CsvRow, from: number): Text | undefined {
    const [to, at] = [this.names.length, this.at[from] ?? 0]
    if (from === to || row.columns !== this.header) return undefined
    for (let i = from + 1; i < to; i++) if (this.at[i] !== at + i - from) return undefined
    const text = row.plain(at, at + to - from, COMMA)
    if (text === undefined || from === 0) return text
    // With the comma before and the line end behind.
    const { buffer, start, end } = text
    if (at === 0 || buffer[start - 1] !== COMMA || buffer[end] !== LF) return undefined
    text.start--
    text.end++
    return text
  }

  private field(row: Row, i: number): Text | null {
    if (!isCsv(row)) {
      const value = row[this.names[i] ?? ''] ?? null
      return value === null ? null : Text.from(typeof value === 'string' ? value : JSON.stringify(value))
    }
    if (row.columns !== this.header) {
      // Asking for a name says which there are, if it is none of them.
      for (const name of this.names) row.get(name)
      this.at = this.names.map((name) => row.columns.indexOf(name))
      this.header = row.columns
    }
    const at = this.at[i] ?? 0
    const text = row.get(at)
    return text.end === text.start && row.isNull(at) ? null : text
  }
}
