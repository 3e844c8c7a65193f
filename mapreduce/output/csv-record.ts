import { MrError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest-name.ts'
import type { Decoded } from '../record/decode.ts'
import { Text } from '../record/text.ts'
import type { CsvOutput } from './format.ts'
import { plainText } from './plain-value.ts'

const LF = 10
const CR = 13
const byteOf = (character: string | null | undefined): number => character?.charCodeAt(0) ?? -1

/**
 * Lays out one CSV record after another in a buffer of its own: the fields of the key, then those of the value. An array
 * is its items, everything else one field; a key that is null is no field, and neither is a value that is not there. With
 * columns an object is written by name, into the columns that the key leaves.
 */
export class CsvRecord {
  bytes: Buffer = Buffer.allocUnsafeSlow(4096)
  length = 0
  private readonly columns: readonly string[] | undefined
  private readonly delimiter: number
  private readonly quote: number
  private readonly escaping: number
  private readonly comment: number
  private fields = 0

  constructor(format: CsvOutput) {
    this.columns = format.columns
    this.delimiter = byteOf(format.delimiter ?? ',')
    this.quote = format.quote === null ? -1 : byteOf(format.quote ?? '"')
    this.escaping = format.escape === undefined ? this.quote : byteOf(format.escape)
    this.comment = byteOf(format.comment)
  }

  /** The names of the columns. */
  header(): void {
    this.begin()
    for (const name of this.columns ?? []) this.field(name)
    this.end()
  }

  begin(): void {
    this.length = 0
    this.fields = 0
  }

  key(key: Decoded): void {
    if (key !== null && key !== undefined) this.part(key)
  }

  value(value: Decoded): void {
    if (value !== undefined) this.part(value)
  }

  /** Throws MR_USER_CODE when there are more or fewer fields than columns. */
  end(): void {
    const { columns } = this
    if (columns !== undefined && this.fields !== columns.length) {
      throw new MrError(
        'MR_USER_CODE',
        `a record of ${this.fields} fields was emitted, and csv({ columns }) names ${columns.length}: ${columns.join(', ')}`,
      )
    }
    // Nothing at all would be an empty line, and no record.
    if (this.length === 0 && this.quote >= 0) {
      this.byte(this.quote)
      this.byte(this.quote)
    }
    this.byte(LF)
  }

  private part(part: Decoded): void {
    if (Array.isArray(part)) for (const item of part) this.field(item)
    else if (this.columns !== undefined && isObject(part)) this.byName(this.columns, part)
    else this.field(part)
  }

  private byName(columns: readonly string[], object: Readonly<Record<string, unknown>>): void {
    const rest = columns.slice(this.fields)
    const strange = Object.keys(object).find((name) => !rest.includes(name))
    if (strange !== undefined) {
      throw new MrError(
        'MR_USER_CODE',
        `an object with ${JSON.stringify(strange)} was emitted, and csv({ columns }) has no such column behind those of the key.${didYouMean(strange, rest)} There are ${rest.join(', ')}`,
      )
    }
    for (const name of rest) this.field(Object.hasOwn(object, name) ? object[name] : null)
  }

  private field(value: unknown): void {
    if (this.fields++ > 0) this.byte(this.delimiter)
    if (value === null || value === undefined) return
    if (value instanceof Text) this.text(value.buffer, value.start, value.end)
    else {
      const bytes = Buffer.from(typeof value === 'string' ? value : plainText(value))
      this.text(bytes, 0, bytes.length)
    }
  }

  private text(from: Buffer, start: number, end: number): void {
    this.room(2 * (end - start) + 4)
    if (!this.needsQuotes(from, start, end)) {
      this.length += from.copy(this.bytes, this.length, start, end)
      return
    }
    const { quote, escaping, bytes } = this
    if (quote < 0) {
      throw new MrError(
        'MR_USER_CODE',
        'a field with a delimiter or a line end was emitted, and csv({ quote: null }) has no quotes for it',
      )
    }
    let to = this.length
    bytes[to++] = quote
    for (let at = start; at < end; at++) {
      const byte = from[at] ?? 0
      if (byte === quote || byte === escaping) bytes[to++] = escaping
      bytes[to++] = byte
    }
    bytes[to++] = quote
    this.length = to
  }

  private needsQuotes(from: Buffer, start: number, end: number): boolean {
    if (this.length === 0 && from[start] === this.comment && end > start) return true
    for (let at = start; at < end; at++) {
      const byte = from[at]
      if (byte === this.delimiter || byte === this.quote || byte === LF || byte === CR) return true
    }
    return false
  }

  private byte(value: number): void {
    this.room(1)
    this.bytes[this.length++] = value
  }

  private room(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.length + more, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Text)
}
