import { MrError } from '../base/errors.ts'
import { Text } from '../record/text.ts'
import type { ByteSource } from './byte-source.ts'
import type { ChunkSpace } from './chunk-space.ts'
import type { ReaderOptions, RecordReader } from './record-reader.ts'

/** Records of one length, one behind the other; those that start in a segment are its own. */
export class FixedReader implements RecordReader {
  readonly record: Text
  private readonly source: ByteSource
  private readonly options: ReaderOptions
  private readonly bytes: number
  private readonly segmentEnd: number
  /** Of `record.buffer`: where records are read to, and how many bytes of them at a time. */
  private readonly bufferAt: number
  private readonly readBytes: number
  private position: number
  private left = 0

  constructor(
    space: ChunkSpace,
    source: ByteSource,
    start: number,
    length: number,
    options: ReaderOptions & { readonly bytes: number },
  ) {
    const { bytes } = options
    this.source = source
    this.options = options
    this.bytes = bytes
    this.segmentEnd = start + length
    this.position = Math.ceil(start / bytes) * bytes
    const inChunk = bytes <= space.chunkBytes
    this.bufferAt = inChunk ? space.chunkAt : 0
    this.readBytes = inChunk ? Math.floor(space.chunkBytes / bytes) * bytes : bytes
    const buffer = inChunk ? space.arena.bytes : Buffer.allocUnsafeSlow(bytes)
    this.record = new Text(buffer, this.bufferAt, this.bufferAt)
  }

  get offset(): number {
    return this.position - (this.left + 1) * this.bytes
  }

  next(): boolean {
    if (this.left === 0 && !this.refill()) return false
    this.left--
    this.record.start = this.record.end
    this.record.end += this.bytes
    return true
  }

  head(bytesMax: number): Buffer {
    const { buffer, start, end } = this.record
    return Buffer.from(buffer.subarray(start, Math.min(end, start + bytesMax)))
  }

  private refill(): boolean {
    const { bytes, source, options, record } = this
    if (this.position >= Math.min(this.segmentEnd, source.length)) return false
    options.beforeRefill()
    const wanted = Math.min(this.readBytes, Math.ceil((this.segmentEnd - this.position) / bytes) * bytes)
    const read = source.read(record.buffer, this.bufferAt, this.position, wanted)
    options.onRead(read)
    if (read % bytes !== 0) throw unevenLength(options.name, source.length, bytes)
    this.left = read / bytes
    this.position += read
    record.start = record.end = this.bufferAt
    return this.left > 0
  }
}

/** Also said before the job starts, where the length is known then: a gzip file has to be inflated first. */
export function unevenLength(name: string, length: number, bytes: number): MrError {
  return new MrError(
    'MR_BAD_INPUT',
    `${name} has ${length} bytes, which are ${Math.floor(length / bytes)} records of ${bytes} bytes and ${length % bytes} bytes more: it is cut off, or fixed(${bytes}) is not its length`,
  )
}
