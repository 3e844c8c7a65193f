import { Text } from '../record/text.ts'
import { BadRecord } from './bad-record.ts'
import type { KeyValueRecord } from './format.ts'
import type { LineReader } from './line-reader.ts'
import { HEAD_BYTES, type RecordReader } from './record-reader.ts'

/** Lines cut at the first separator. */
export class KeyValueReader implements RecordReader {
  readonly record: KeyValueRecord
  private readonly lines: LineReader
  private readonly separator: string
  private readonly width: number
  private readonly key = new Text(Buffer.alloc(0), 0, 0)
  private readonly value = new Text(Buffer.alloc(0), 0, 0)

  constructor(lines: LineReader, separator: string) {
    this.lines = lines
    this.separator = separator
    this.width = Buffer.byteLength(separator)
    this.record = { key: this.key, value: this.value }
  }

  get offset(): number {
    return this.lines.offset
  }

  next(): boolean {
    if (!this.lines.next()) return false
    const line = this.lines.record
    const at = line.indexOf(this.separator)
    this.key.buffer = this.value.buffer = line.buffer
    this.key.start = line.start
    this.key.end = at < 0 ? line.end : line.start + at
    this.value.start = at < 0 ? line.end : line.start + at + this.width
    this.value.end = line.end
    return true
  }

  head(bytesMax: number): Buffer {
    return this.lines.head(bytesMax)
  }
}

/** A JSON value a line. Lines of white space are passed over. */
export class JsonlReader implements RecordReader {
  record: unknown
  private readonly lines: LineReader
  private readonly name: string

  constructor(lines: LineReader, name: string) {
    this.lines = lines
    this.name = name
  }

  get offset(): number {
    return this.lines.offset
  }

  next(): boolean {
    while (this.lines.next()) {
      const text = this.lines.record.toString()
      // A byte order mark may open a file.
      const json = this.offset === 0 && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
      if (json.trim() === '') continue
      try {
        this.record = JSON.parse(json)
      } catch (cause) {
        const detail = cause instanceof Error ? cause.message : String(cause)
        throw new BadRecord(this.name, this.offset, this.head(HEAD_BYTES), `the line is not JSON: ${detail}`, { cause })
      }
      return true
    }
    return false
  }

  head(bytesMax: number): Buffer {
    return this.lines.head(bytesMax)
  }
}
