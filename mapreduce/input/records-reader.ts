import type { RecordView } from '../record/record-stream.ts'
import { BlockCursor } from '../table/block-cursor.ts'
import { blockFrom, LostRecords, readIndex } from '../table/records-format.ts'
import type { ByteSource } from './byte-source.ts'
import { DecodedRecord } from './decoded-record.ts'
import type { RecordsInput } from './format.ts'
import type { ReaderOptions, RecordReader } from './record-reader.ts'

/** The records between two stages of a flow. A segment has the blocks that begin in it. */
export class RecordsReader implements RecordReader {
  /** As they lie there. */
  readonly view: RecordView
  readonly record = new DecodedRecord()
  private readonly cursor: BlockCursor
  /** Whether `record` is set; otherwise only `view` is. */
  readonly decodes: boolean

  constructor(
    source: ByteSource,
    start: number,
    length: number,
    { format, name, onRead, beforeRefill }: ReaderOptions & { readonly format: RecordsInput },
  ) {
    this.decodes = format.as === 'decoded'
    const index = readIndex(source, name)
    const counted: Pick<ByteSource, 'length' | 'read'> = {
      length: source.length,
      read: (target, offset, position, wanted) => {
        beforeRefill()
        const read = source.read(target, offset, position, wanted)
        onRead(read)
        return read
      },
    }
    this.cursor = new BlockCursor({
      source: counted,
      start: blockFrom(source, name, index, start),
      end: index.blocksEnd,
      until: start + length,
      damaged: (what) => new LostRecords(name, what),
    })
    this.view = this.cursor.view
  }

  /** Of the block that the record lies in. */
  get offset(): number {
    return this.cursor.blockOffset
  }

  next(): boolean {
    const { cursor, record } = this
    if (!cursor.advance()) return false
    if (this.decodes) record.take(cursor.view)
    return true
  }

  head(bytesMax: number): Buffer {
    const { valueBytes, valueStart, valueEnd } = this.cursor.view
    return Buffer.from(valueBytes.subarray(valueStart, Math.min(valueEnd, valueStart + bytesMax)))
  }
}
