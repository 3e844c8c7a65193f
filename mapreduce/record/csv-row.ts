import { MrError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest-name.ts'
import { Text } from './text.ts'

/** Set in the address where a field ends that has quotes around it. */
export const QUOTED = 0x80000000
export const ADDRESS = 0x7fffffff

const CR = 13
const QUOTE = 34
const none = Buffer.alloc(0)

/** The names of the columns of a file, and what of the dialect a field's value depends on. */
export class CsvColumns {
  readonly names: readonly string[]
  readonly index: ReadonlyMap<string, number>
  readonly escape: number
  readonly delimiter: number
  readonly quote: number
  readonly trim: boolean

  constructor(names: readonly string[], dialect: { delimiter: number; quote: number; escape: number; trim: boolean }) {
    this.names = names
    this.index = new Map(names.map((name, i): [string, number] => [name, i]).filter(([name]) => name !== ''))
    this.escape = dialect.escape
    this.delimiter = dialect.delimiter
    this.quote = dialect.quote
    this.trim = dialect.trim
  }
}

/**
 * A record of `csv()`: a view, moved from record to record, good for the call that hands it over; `copy()` keeps one.
 * A field is found when it is asked for, and nothing is decoded.
 */
export class CsvRow {
  /** Where the record begins in `buffer`. Internal, as everything down to `move`. */
  start = 0
  buffer: Buffer = none
  private readonly known: CsvColumns
  private ends: Uint32Array = new Uint32Array(0)
  private first = 0
  private count = 0
  private readonly texts: Text[] = []
  private readonly stretch = new Text(none, 0, 0)
  /** Values that do not stand in the record as they are. */
  private scratch: Buffer = none
  private scratchUsed = 0

  constructor(columns: CsvColumns) {
    this.known = columns
  }

  /** Makes this the record at `start` whose `count` fields end where ends[first, …) says. */
  move(buffer: Buffer, start: number, ends: Uint32Array, first: number, count: number): void {
    this.buffer = buffer
    this.start = start
    this.ends = ends
    this.first = first
    this.count = count
    this.scratchUsed = 0
  }

  /** Where the record ends, without its line end. Internal. */
  get end(): number {
    return (this.ends[this.first + this.count - 1] ?? 0) & ADDRESS
  }

  /** The number of fields the record has. */
  get length(): number {
    return this.count
  }

  /** The names of the columns; empty when the file has none. */
  get columns(): readonly string[] {
    return this.known.names
  }

  /**
   * The value of a column, by its name or its number from 0; the same Text for a column every time, moved. A field that a
   * short record lacks is empty (such a record is an error unless `strictColumnHandling` is off).
   */
  get(column: string | number): Text {
    const index = typeof column === 'number' ? column : (this.known.index.get(column) ?? this.unknown(column))
    if (index >>> 0 !== index || index >= this.count) return this.missing(index)
    const text = this.textOf(index)
    const at = this.first + index
    const mark = this.ends[at] ?? 0
    const start = index === 0 ? this.start : ((this.ends[at - 1] ?? 0) & ADDRESS) + 1
    let end = mark & ADDRESS
    const { buffer } = this
    if (index === this.count - 1 && end > start && buffer[end - 1] === CR) end--
    text.buffer = buffer
    text.start = start
    text.end = end
    if (mark > ADDRESS || this.known.trim) this.unwrap(text, mark > ADDRESS)
    return text
  }

  /**
   * The fields [from, to) as they stand in the file, with what parts them; undefined if one of them is missing or holds a quote
   * or CR, or they are parted by something else than the byte `delimiter`. The same Text every time.
   */
  plain(from: number, to: number, delimiter: number): Text | undefined {
    const { known, ends, first, buffer } = this
    if (to > this.count || from >= to || known.trim || known.delimiter !== delimiter) return undefined
    for (let at = first + from; at < first + to; at++) if ((ends[at] ?? 0) > ADDRESS) return undefined
    const text = this.stretch
    text.buffer = buffer
    text.start = from === 0 ? this.start : ((ends[first + from - 1] ?? 0) & ADDRESS) + 1
    text.end = ends[first + to - 1] ?? 0
    if (to === this.count && text.end > text.start && buffer[text.end - 1] === CR) text.end--
    for (let at = text.start; at < text.end; at++) if (buffer[at] === QUOTE || buffer[at] === CR) return undefined
    return text
  }

  /** Whether a field is empty and has no quotes around it: what databases read as NULL. */
  isNull(column: string | number): boolean {
    const text = this.get(column)
    if (text.end > text.start) return false
    const index = typeof column === 'number' ? column : (this.known.index.get(column) ?? 0)
    return index >= this.count || (this.ends[this.first + index] ?? 0) <= ADDRESS
  }

  /** Whether all fields are empty or white space. */
  get isEmpty(): boolean {
    for (let i = 0; i < this.count; i++) if (this.get(i).trim().length > 0) return false
    return true
  }

  /** The values by column name, as strings; without names an array. */
  toJSON(): Record<string, string> | string[] {
    if (this.known.names.length > 0) return this.toObject()
    return Array.from({ length: this.count }, (_, i) => this.get(i).toString())
  }

  /** The values by column name, as strings; by number where there are no names. */
  toObject(): Record<string, string> {
    const names = this.known.names.length > 0 ? this.known.names : Array.from({ length: this.count }, (_, i) => `${i}`)
    return Object.fromEntries(names.map((name, i) => [name, this.get(i).toString()]))
  }

  /** A row with bytes of its own, safe to keep. */
  copy(): CsvRow {
    const { start, end } = this
    const row = new CsvRow(this.known)
    const ends = this.ends.slice(this.first, this.first + this.count).map((at) => at - start)
    row.move(Buffer.from(this.buffer.subarray(start, end)), 0, ends, 0, this.count)
    return row
  }

  /** Spoils the bytes of a row that has its own: what `--check` does when the call is over. */
  scribble(): void {
    this.buffer.fill('#')
    this.scratch.fill('#')
  }

  private textOf(index: number): Text {
    let text = this.texts[index]
    if (text === undefined) {
      text = new Text(none, 0, 0)
      this.texts[index] = text
    }
    return text
  }

  private unwrap(text: Text, quoted: boolean): void {
    const { quote, escape: escaping, trim } = this.known
    const { buffer } = text
    if (trim) shrink(text)
    if (!quoted) return
    text.start++
    if (text.end > text.start && buffer[text.end - 1] === quote) text.end--
    for (let at = text.start; at < text.end; at++) {
      if (buffer[at] === escaping) {
        this.unescape(text)
        break
      }
    }
    if (trim) shrink(text)
  }

  private unescape(text: Text): void {
    const { quote, escape: escaping } = this.known
    const { buffer, start, end } = text
    if (this.scratch.length - this.scratchUsed < end - start) {
      // Views on what is used so far keep the old one.
      this.scratch = Buffer.allocUnsafeSlow(Math.max(4096, 2 * (end - start)))
      this.scratchUsed = 0
    }
    const from = this.scratchUsed
    let to = from
    for (let at = start; at < end; at++) {
      const next = buffer[at + 1]
      if (buffer[at] === escaping && at + 1 < end && (next === quote || next === escaping)) at++
      this.scratch[to++] = buffer[at] ?? 0
    }
    this.scratchUsed = to
    text.buffer = this.scratch
    text.start = from
    text.end = to
  }

  private missing(index: number): Text {
    if (Number.isInteger(index) && index >= 0 && index < this.known.names.length) {
      const text = this.textOf(index)
      text.buffer = none
      text.start = text.end = 0
      return text
    }
    throw new MrError('MR_USER_CODE', `there is no field ${index}: this record has ${this.count}, numbered from 0`)
  }

  private unknown(name: string): never {
    const { names } = this.known
    throw new MrError(
      'MR_USER_CODE',
      names.length === 0
        ? `there is no column ${JSON.stringify(name)}: the file is read without headers, and get() takes the number of a field`
        : `there is no column ${JSON.stringify(name)}.${didYouMean(name, names)} The columns are ${names.join(', ')}`,
    )
  }
}

function shrink(text: Text): void {
  const { buffer } = text
  while (text.start < text.end && isSpace(buffer[text.start] ?? 0)) text.start++
  while (text.end > text.start && isSpace(buffer[text.end - 1] ?? 0)) text.end--
}

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}
