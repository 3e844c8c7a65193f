import { MrError } from '../base/errors.ts'
import { type CsvBytes, CsvScan, NO_BYTE, quoteState } from '../kernels/csv-scan.ts'
import { ADDRESS, CsvRow } from '../record/csv-row.ts'
import { BadRecord } from './bad-record.ts'
import { type ByteSource, READ_ALIGN_BYTES } from './byte-source.ts'
import type { ChunkSpace } from './chunk-space.ts'
import { csvBytes } from './csv-dialect.ts'
import { type CsvHeader, HEADER_BYTES_MAX, parseCsvHeader } from './csv-header.ts'
import type { CsvInput } from './format.ts'
import { quoteStateAt } from './quote-state.ts'
import { HEAD_BYTES, RECORD_BYTES_MAX, type ReaderOptions, type RecordReader } from './record-reader.ts'

const LF = 10

/**
 * The CSV records that start in one byte range of a file, whatever they contain: as with lines, each is read exactly once
 * for any cut of the file. Where in the range the first one starts depends on the quotes before it, see `quoteStateAt`.
 */
export class CsvReader implements RecordReader {
  readonly record: CsvRow
  private readonly space: ChunkSpace
  private readonly source: ByteSource
  private readonly options: ReaderOptions
  private readonly format: CsvInput
  private readonly dialect: CsvBytes
  /** Fields of a record; -1 when any number will do. */
  private readonly width: number
  private readonly u32: Uint32Array
  private readonly ends: Uint32Array
  private readonly segmentEnd: number
  private readonly scan: CsvScan
  /** Address where the next record starts. */
  private cursor: number
  private dataEnd: number
  /** Address at which the segment ends: records that start there or later are not ours. */
  private endAddress = 0
  private chunkPosition = 0
  private nextRead = 0
  private endOfFile = false
  private row = 0
  private rowCount = 0
  private endsUsed = 0
  /** File position of the bytes of a record that has a buffer of its own; -1 for one in the chunk. */
  private ownPosition = -1

  constructor(
    space: ChunkSpace,
    source: ByteSource,
    start: number,
    length: number,
    options: ReaderOptions & { readonly format: CsvInput },
  ) {
    this.space = space
    this.source = source
    this.options = options
    this.format = options.format
    this.dialect = csvBytes(options.format)
    this.u32 = space.arena.u32
    this.ends = this.u32.subarray(space.spansAt >>> 2, (space.spansAt >>> 2) + space.spansMax)
    this.segmentEnd = start + length
    this.scan = new CsvScan(this.dialect)
    this.cursor = this.dataEnd = space.chunkAt
    options.beforeRefill()
    const header = this.readHeader()
    this.record = new CsvRow(header.columns)
    this.width = header.columns.names.length === 0 ? -1 : header.columns.names.length
    if (start <= header.data) this.startAt(header.data)
    else this.startWithin(start, header)
  }

  get offset(): number {
    const { start } = this.record
    return this.ownPosition >= 0 ? this.ownPosition + start : this.positionOf(start)
  }

  next(): boolean {
    const { u32, record } = this
    for (;;) {
      if (this.row === this.rowCount && !this.findRows()) return false
      if (this.ownPosition < 0) {
        const word = (this.space.linesAt >>> 2) + 2 + this.row++ * 2
        const mark = u32[word] ?? 0
        const start = mark & ADDRESS
        if (start >= this.endAddress) {
          this.row--
          return false
        }
        const first = this.endsUsed
        const used = u32[word + 1] ?? 0
        this.endsUsed = used
        record.move(this.space.arena.bytes, start, this.ends, first, used - first)
        if ((mark > ADDRESS || record.length !== this.width) && !this.accept(mark > ADDRESS)) continue
      } else if (!this.accept(this.scan.bad)) continue
      if (this.format.ignoreEmpty === true && record.isEmpty) continue
      return true
    }
  }

  head(bytesMax: number): Buffer {
    const { buffer, start, end } = this.record
    return Buffer.from(buffer.subarray(start, Math.min(end, start + bytesMax)))
  }

  /** What is wrong with a record that is not as most are; false when it is to be passed over. */
  private accept(malformed: boolean): boolean {
    const { record, width, format } = this
    if (malformed) {
      throw this.bad(
        'bytes follow a closing quote where a delimiter or the line end has to (a quote inside quotes is doubled)',
      )
    }
    if (width < 0 || record.length === width) return true
    const blank = record.length === 1 && record.isEmpty
    if (blank && format.ignoreEmpty === true) return false
    if (record.length > width ? format.discardUnmappedColumns === true : format.strictColumnHandling === false) {
      return true
    }
    const hint = blank
      ? 'ignoreEmpty: true passes over empty lines'
      : record.length > width
        ? 'discardUnmappedColumns: true passes over what is too much'
        : 'strictColumnHandling: false takes what is missing as empty'
    throw this.bad(
      `the record has ${counted(record.length, 'field')}, and there ${width === 1 ? 'is' : 'are'} ${counted(width, 'column')} (${hint})`,
    )
  }

  private bad(problem: string): BadRecord {
    return new BadRecord(this.options.name, this.offset, this.head(HEAD_BYTES), problem)
  }

  private readHeader(): CsvHeader {
    const { source, space, options } = this
    let head: Buffer = space.arena.bytes.subarray(space.chunkAt, space.chunkAt + READ_ALIGN_BYTES)
    for (;;) {
      const read = source.read(head, 0, 0, head.length)
      const header = parseCsvHeader(options.name, head.subarray(0, read), read < head.length, this.format)
      if (header !== undefined) return header
      head = Buffer.allocUnsafeSlow(Math.min(HEADER_BYTES_MAX, head.length * 4))
    }
  }

  /** Begins at a position where a record starts. */
  private startAt(position: number): void {
    if (position >= this.segmentEnd) return
    this.nextRead = alignDown(position)
    const skip = position - this.nextRead
    this.refill()
    this.cursor = Math.min(this.dataEnd, this.space.chunkAt + skip)
  }

  /** Begins at the first record that starts at `start` or later. */
  private startWithin(start: number, header: CsvHeader): void {
    const { space, source, options, dialect, scan } = this
    const { bytes } = space.arena
    // From one byte before: if that is a LF that ends a record, the next one starts right here.
    const from = start - 1
    const state =
      dialect.quote === NO_BYTE
        ? quoteState.outside
        : quoteStateAt(space, source, from, {
            quote: dialect.quote,
            delimiter: dialect.delimiter,
            first: header.first,
            known: options.quotes ?? new Uint8Array(0),
            beat: () => {
              options.onRead(0)
            },
          })
    this.nextRead = alignDown(Math.max(0, from - 1))
    const skip = from - this.nextRead
    this.refill()
    let at = Math.min(this.dataEnd, space.chunkAt + skip)
    const before = skip > 0 ? bytes[at - 1] : LF
    const fieldStart = from === header.data || before === dialect.delimiter || before === LF
    scan.beginWithin(
      at,
      state === quoteState.inside
        ? 'inside'
        : state === quoteState.closed
          ? 'closed'
          : fieldStart
            ? 'field start'
            : 'outside',
    )
    for (;;) {
      const next = scan.feed(bytes, at, this.dataEnd)
      if (next >= 0) {
        this.cursor = next
        return
      }
      if (this.endOfFile || this.nextRead >= this.segmentEnd) {
        // The record that ran in runs on beyond the segment: nothing starts here.
        this.cursor = this.endAddress = this.dataEnd
        return
      }
      scan.count = 0
      scan.shift(space.chunkAt - this.dataEnd)
      this.cursor = this.dataEnd
      this.refill()
      at = space.chunkAt
    }
  }

  private findRows(): boolean {
    const { space } = this
    this.ownPosition = -1
    for (;;) {
      this.row = this.rowCount = this.endsUsed = 0
      if (this.cursor >= this.endAddress) return false
      if (this.cursor < this.dataEnd) {
        const found = space.kernels.csv(
          this.cursor,
          this.dataEnd,
          space.spansAt,
          space.spansMax,
          space.linesAt,
          space.linesMax / 2 - 1,
          this.dialect,
        )
        this.cursor = this.u32[space.linesAt >>> 2] ?? 0
        if (found > 0) {
          this.rowCount = found
          return true
        }
      }
      if (this.endOfFile) return this.ownRecord()
      if (this.dataEnd - this.cursor > space.carryBytes) return this.ownRecord()
      this.refill()
    }
  }

  /** A record that no chunk holds, or that no LF ends, is gathered in a buffer of its own. */
  private ownRecord(): boolean {
    const { space, scan } = this
    const position = this.positionOf(this.cursor)
    let own = Buffer.allocUnsafeSlow(Math.max(4096, 2 * (this.dataEnd - this.cursor)))
    let length = 0
    scan.begin(0)
    for (;;) {
      const more = this.dataEnd - this.cursor
      if (length + more > own.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(length + more, own.length * 2))
        own.copy(grown, 0, 0, length)
        own = grown
      }
      space.arena.bytes.copy(own, length, this.cursor, this.dataEnd)
      const next = scan.feed(own, length, length + more)
      const size = (next < 0 ? length + more : next) - scan.recordStart
      if (size > RECORD_BYTES_MAX) throw this.tooLong(position)
      if (next >= 0) {
        this.cursor += next - length
        break
      }
      length += more
      this.cursor = this.dataEnd
      if (this.endOfFile) {
        if (scan.inside) throw this.unclosed(own.subarray(scan.recordStart, length), position)
        if (!scan.finish(own, length)) return false
        break
      }
      this.refill()
    }
    if (position + scan.recordStart >= this.segmentEnd) return false
    this.ownPosition = position
    this.record.move(own, scan.recordStart, scan.ends, 0, scan.count)
    return true
  }

  private unclosed(record: Buffer, position: number): BadRecord {
    const { scan, options } = this
    return new BadRecord(
      options.name,
      position + scan.recordStart,
      Buffer.from(record.subarray(0, HEAD_BYTES)),
      `the quote that opens a field at byte ${position + scan.openedAt} is never closed before the file ends`,
    )
  }

  private tooLong(position: number): MrError {
    const { scan, options } = this
    const why = scan.inside
      ? `is the quote at byte ${position + scan.openedAt} never closed?`
      : 'is this CSV, with LF at the end of its records?'
    return new MrError(
      'MR_RECORD_TOO_LARGE',
      `${options.name}: the record that starts at byte ${position + scan.recordStart} is longer than ${RECORD_BYTES_MAX} bytes (64 MiB), the most a record may have; ${why}`,
    )
  }

  /** Reads the next chunk, keeping what is left of the last in front of it. */
  private refill(): void {
    this.options.beforeRefill()
    const { space } = this
    const carry = this.dataEnd - this.cursor
    const { read, endOfFile } = space.refill(this.source, this.nextRead, this.segmentEnd, this.cursor, this.dataEnd)
    this.chunkPosition = this.nextRead
    this.nextRead += read
    this.cursor = space.chunkAt - carry
    this.dataEnd = space.chunkAt + read
    this.endAddress = this.segmentEnd - this.chunkPosition + space.chunkAt
    this.endOfFile = endOfFile
    this.options.onRead(read)
  }

  private positionOf(address: number): number {
    return this.chunkPosition + (address - this.space.chunkAt)
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function alignDown(position: number): number {
  return Math.floor(position / READ_ALIGN_BYTES) * READ_ALIGN_BYTES
}
