import type { BlockCursor } from '../table/block-cursor.ts'
import { TableFile } from '../table/table-file.ts'
import type { ByteSource } from './byte-source.ts'
import { DecodedRecord } from './decoded-record.ts'
import type { ReaderOptions, RecordReader } from './record-reader.ts'

/** The records of a table file, which is one segment. */
export class TableReader implements RecordReader {
  readonly record = new DecodedRecord()
  private readonly cursor: BlockCursor

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
    record.take(cursor.view)
    return true
  }

  head(bytesMax: number): Buffer {
    const { keyBytes, keyStart, keyEnd } = this.cursor.view
    return Buffer.from(keyBytes.subarray(keyStart, Math.min(keyEnd, keyStart + bytesMax)))
  }
}
