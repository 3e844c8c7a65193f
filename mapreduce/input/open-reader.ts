import { MrError } from '../base/errors.ts'
import { Text } from '../record/text.ts'
import type { ByteSource } from './byte-source.ts'
import type { ChunkSpace } from './chunk-space.ts'
import type { InputFormat, KeyValueRecord } from './format.ts'
import { LineReader, type LineReaderOptions } from './line-reader.ts'
import { RECORD_BYTES_MAX, type RecordReader } from './record-reader.ts'

/** The reader of a segment in the job's input format. */
export function openReader(
  format: InputFormat<unknown>,
  space: ChunkSpace,
  source: ByteSource,
  start: number,
  length: number,
  options: Omit<LineReaderOptions, 'crlf'>,
): RecordReader {
  switch (format.input) {
    case 'text':
      return new LineReader(space, source, start, length, { ...options, crlf: format.crlf === true })
    case 'keyValue':
      return new KeyValueReader(
        new LineReader(space, source, start, length, { ...options, crlf: format.crlf === true }),
        format.separator ?? '\t',
      )
    case 'wholeFile':
      return new WholeFileReader(source, start, options)
  }
}

/** Lines cut at the first separator. */
class KeyValueReader implements RecordReader {
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

/** One record: the file. It belongs to the segment that holds the file's first byte. */
class WholeFileReader implements RecordReader {
  record = new Text(Buffer.alloc(0), 0, 0)
  readonly offset = 0
  private readonly source: ByteSource
  private readonly options: Omit<LineReaderOptions, 'crlf'>
  private left: boolean

  constructor(source: ByteSource, start: number, options: Omit<LineReaderOptions, 'crlf'>) {
    this.source = source
    this.options = options
    this.left = start === 0
  }

  next(): boolean {
    if (!this.left) return false
    this.left = false
    const { length } = this.source
    if (length > RECORD_BYTES_MAX) {
      throw new MrError(
        'MR_RECORD_TOO_LARGE',
        `${this.options.name} has ${length} bytes; wholeFile() takes files up to ${RECORD_BYTES_MAX} bytes (64 MiB)`,
      )
    }
    const bytes = Buffer.allocUnsafeSlow(length)
    const read = this.source.read(bytes, 0, 0, length)
    this.options.onRead(read)
    this.record = new Text(bytes, 0, read)
    return true
  }

  head(bytesMax: number): Buffer {
    return Buffer.from(this.record.buffer.subarray(0, Math.min(this.record.end, bytesMax)))
  }
}
