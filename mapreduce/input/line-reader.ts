import { MrError } from '../base/errors.ts'
import { Text } from '../record/text.ts'
import { type ByteSource, READ_ALIGN_BYTES } from './byte-source.ts'
import type { ChunkSpace } from './chunk-space.ts'
import { RECORD_BYTES_MAX, type ReaderOptions, type RecordReader } from './record-reader.ts'

const LF = 10
const CR = 13

export interface LineReaderOptions extends ReaderOptions {
  readonly crlf: boolean
}

/** Whole lines in the chunk, line ends included: addresses in the arena. */
export interface LineStretch {
  start: number
  end: number
}

/**
 * The lines that start in one byte range of a file. A line that starts in the range is read to its end even where that
 * lies beyond it; the line that runs into the range is left to the range before. So for any cut of a file into ranges
 * each line is read exactly once. (As MapReduce has it: Dean and Ghemawat 2004, section 3.1, and Hadoop's LineRecordReader.)
 */
export class LineReader implements RecordReader {
  record: Text
  private readonly space: ChunkSpace
  private readonly source: ByteSource
  private readonly options: LineReaderOptions
  private readonly chunkText: Text
  private readonly u32: Uint32Array
  private readonly segmentEnd: number
  /** Address where the next record starts. */
  private cursor: number
  private dataEnd: number
  /** Address up to which LFs have been looked for. */
  private scanned: number
  /** Address at which the segment ends: records that start there or later are not ours. */
  private endAddress = 0
  /** File position of the first byte of the chunk. */
  private chunkPosition = 0
  private nextRead: number
  private lineIndex = 0
  private lineCount = 0
  private endOfFile = false
  /** Set while the current record is one that no chunk could hold. */
  private longPosition = -1
  private readonly stretch: LineStretch = { start: 0, end: 0 }

  constructor(space: ChunkSpace, source: ByteSource, start: number, length: number, options: LineReaderOptions) {
    this.space = space
    this.source = source
    this.options = options
    this.u32 = space.arena.u32
    this.chunkText = new Text(space.arena.bytes, 0, 0, space.window)
    this.record = this.chunkText
    this.segmentEnd = start + length
    // From one byte before the segment: if that is a LF, a line starts right at `start`.
    const from = Math.max(0, start - 1)
    this.nextRead = Math.floor(from / READ_ALIGN_BYTES) * READ_ALIGN_BYTES
    const skip = from - this.nextRead
    this.cursor = this.dataEnd = this.scanned = space.chunkAt
    this.refill()
    this.cursor = this.scanned = Math.min(this.dataEnd, space.chunkAt + skip)
    if (start > 0) this.skipPartialLine()
  }

  get offset(): number {
    return this.longPosition >= 0 ? this.longPosition : this.positionOf(this.record.start)
  }

  next(): boolean {
    if (this.lineIndex < this.lineCount) {
      const start = this.cursor
      if (start >= this.endAddress) return false
      let end = this.u32[(this.space.linesAt >>> 2) + this.lineIndex++] ?? 0
      this.cursor = end + 1
      const record = this.chunkText
      if (this.options.crlf && end > start && record.buffer[end - 1] === CR) end--
      record.start = start
      record.end = end
      return true
    }
    return this.findLines()
  }

  /**
   * Moves over all lines that are at hand, in place of `next`. 'record': over one that no chunk holds, which is `record`.
   * Undefined: there are no more. Only for who never calls `next`.
   */
  nextLines(): LineStretch | 'record' | undefined {
    this.endLongLine()
    while (this.cursor < this.endAddress) {
      const end = this.wholeLinesEnd()
      if (end > this.cursor) return this.stretchTo(end)
      if (this.endOfFile) return this.cursor < this.dataEnd ? this.stretchTo(this.dataEnd) : undefined
      if (this.dataEnd - this.cursor > this.space.carryBytes) {
        this.longLine()
        return 'record'
      }
      this.refill()
    }
    return undefined
  }

  private stretchTo(end: number): LineStretch {
    const { stretch } = this
    stretch.start = this.cursor
    stretch.end = this.cursor = this.scanned = end
    this.space.window.extend(end)
    return stretch
  }

  /** Behind the last line that is whole in the chunk and starts in the segment; the cursor when there is none. */
  private wholeLinesEnd(): number {
    const { bytes } = this.space.arena
    const { scanned, dataEnd, endAddress } = this
    if (endAddress <= dataEnd) {
      const from = Math.max(scanned, endAddress - 1)
      const feed = bytes.subarray(from, dataEnd).indexOf(LF)
      if (feed >= 0) return from + feed + 1
    }
    const feed = bytes.subarray(scanned, dataEnd).lastIndexOf(LF)
    if (feed >= 0) return scanned + feed + 1
    this.scanned = dataEnd
    return this.cursor
  }

  head(bytesMax: number): Buffer {
    const { buffer, start, end } = this.record
    return Buffer.from(buffer.subarray(start, Math.min(end, start + bytesMax)))
  }

  private findLines(): boolean {
    this.endLongLine()
    for (;;) {
      if (this.cursor >= this.endAddress) return false
      const found = this.scan(this.space.linesMax)
      if (found > 0) {
        this.lineIndex = 0
        this.lineCount = found
        this.space.window.extend(this.scanned - 1)
        return this.next()
      }
      if (this.endOfFile) return this.lastLine()
      if (this.dataEnd - this.cursor > this.space.carryBytes) return this.longLine()
      this.refill()
    }
  }

  private endLongLine(): void {
    if (this.longPosition < 0) return
    this.longPosition = -1
    this.record = this.chunkText
  }

  /** Looks for LFs in what has not been scanned; leaves `scanned` after the last one found, or at the end. */
  private scan(most: number): number {
    if (this.scanned >= this.dataEnd) return 0
    const { kernels, linesAt } = this.space
    const found = kernels.lines(this.scanned, this.dataEnd, linesAt, most)
    this.scanned = found === 0 ? this.dataEnd : (this.u32[(linesAt >>> 2) + found - 1] ?? 0) + 1
    return found
  }

  private lastLine(): boolean {
    if (this.cursor >= this.dataEnd) return false
    this.space.window.extend(this.dataEnd)
    this.chunkText.start = this.cursor
    this.chunkText.end = this.dataEnd
    if (this.options.crlf && this.chunkText.buffer[this.dataEnd - 1] === CR) this.chunkText.end--
    this.cursor = this.dataEnd
    return true
  }

  /** Reads the next chunk, keeping the unfinished line in front of it. */
  private refill(): void {
    this.options.beforeRefill()
    const { space } = this
    const carry = this.dataEnd - this.cursor
    const { read, endOfFile } = space.refill(this.source, this.nextRead, this.segmentEnd, this.cursor, this.dataEnd)
    this.chunkPosition = this.nextRead
    this.nextRead += read
    this.cursor = space.chunkAt - carry
    this.dataEnd = space.chunkAt + read
    this.scanned = space.chunkAt
    this.endAddress = this.segmentEnd - this.chunkPosition + space.chunkAt
    this.endOfFile = endOfFile
    this.lineIndex = this.lineCount = 0
    space.window.reset()
    this.options.onRead(read)
  }

  private skipPartialLine(): void {
    while (this.scan(1) === 0) {
      this.cursor = this.dataEnd
      if (this.endOfFile || this.nextRead >= this.segmentEnd) {
        // The line that ran in runs on beyond the segment: nothing starts here.
        this.endAddress = this.cursor
        return
      }
      this.refill()
    }
    this.cursor = this.scanned
  }

  /** A line that no chunk holds is gathered in a buffer of its own. */
  private longLine(): boolean {
    const position = this.positionOf(this.cursor)
    let line = Buffer.allocUnsafeSlow(4 * this.space.chunkBytes)
    let length = 0
    for (;;) {
      const found = this.scan(1)
      const end = found > 0 ? this.scanned - 1 : this.dataEnd
      const more = end - this.cursor
      if (length + more > RECORD_BYTES_MAX) throw tooLong(this.options.name, position)
      if (length + more > line.length) {
        const grown = Buffer.allocUnsafeSlow(Math.min(RECORD_BYTES_MAX, Math.max(length + more, line.length * 2)))
        line.copy(grown, 0, 0, length)
        line = grown
      }
      this.space.arena.bytes.copy(line, length, this.cursor, end)
      length += more
      this.cursor = found > 0 ? end + 1 : end
      if (found > 0 || this.endOfFile) break
      this.refill()
    }
    if (this.options.crlf && length > 0 && line[length - 1] === CR) length--
    this.record = new Text(line, 0, length)
    this.longPosition = position
    return true
  }

  /** The position in the file of an address in the chunk. */
  positionOf(address: number): number {
    return this.chunkPosition + (address - this.space.chunkAt)
  }
}

function tooLong(name: string, position: number): MrError {
  return new MrError(
    'MR_RECORD_TOO_LARGE',
    `${name}: the line that starts at byte ${position} is longer than ${RECORD_BYTES_MAX} bytes (64 MiB), the most a ` +
      'record may have; is this file text?',
  )
}
