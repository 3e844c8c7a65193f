import { MrError } from '../base/errors.ts'
import { Text } from '../record/text.ts'
import type { ByteSource } from './byte-source.ts'
import { RECORD_BYTES_MAX, type ReaderOptions, type RecordReader } from './record-reader.ts'

/** One record: the file. It belongs to the segment that holds the file's first byte. */
export class WholeFileReader implements RecordReader {
  record = new Text(Buffer.alloc(0), 0, 0)
  readonly offset = 0
  private readonly source: ByteSource
  private readonly options: ReaderOptions
  private left: boolean

  constructor(source: ByteSource, start: number, options: ReaderOptions) {
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
