import { type Decoded, Decoder } from '../record/decode.ts'
import type { BlockCursor } from '../table/block-cursor.ts'
import { TableFile } from '../table/table-file.ts'
import type { ByteSource } from './byte-source.ts'
import type { ReaderOptions, RecordReader } from './record-reader.ts'

/** The records of a table file, which is one segment. */
export class TableReader implements RecordReader {
  readonly record: { key: Decoded; value: Decoded } = { key: undefined, value: undefined }
  private readonly cursor: BlockCursor
  private readonly keys = new Decoder()
  private readonly values = new Decoder()

  constructor(source: ByteSource, options: ReaderOptions) {
    const counted: Pick<ByteSource, 'length' | 'read'> = {
      length: source.length,
      read: (target, offset, position, length) => {
        const read = source.read(target, offset, position, length)
        options.onRead(read)
        return read
      },
    }
    this.cursor = new TableFile(counted, options.name).records()
  }

  /** Of the block that the record lies in. */
  get offset(): number {
    return this.cursor.blockOffset
  }

  next(): boolean {
    const { cursor, record } = this
    if (!cursor.advance()) return false
    const { keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd } = cursor.view
    record.key = this.keys.decode(keyBytes, keyKind, keyStart, keyEnd)
    record.value = this.values.decode(valueBytes, valueKind, valueStart, valueEnd)
    return true
  }

  head(bytesMax: number): Buffer {
    const { keyBytes, keyStart, keyEnd } = this.cursor.view
    return Buffer.from(keyBytes.subarray(keyStart, Math.min(keyEnd, keyStart + bytesMax)))
  }
}
