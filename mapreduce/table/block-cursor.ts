import { crc32 } from 'node:zlib'
import { emptyView, type RecordStream, type RecordView } from '../record/record-stream.ts'
import { readVarint, varint } from '../record/varint.ts'
import { BLOCK_BYTES, BLOCK_BYTES_MAX, BLOCK_HEADER_BYTES } from '../shuffle/run-format.ts'

/** Positional, synchronous reads, as an input file gives them. */
export interface BlockSource {
  readonly length: number
  read(target: Buffer, offset: number, position: number, length: number): number
}

export interface BlockCursorOptions {
  readonly source: BlockSource
  /** Where a block begins. */
  readonly start: number
  /** Where the last block ends. */
  readonly end: number
  /** Blocks that begin here or behind are not read. Default: `end`. */
  readonly until?: number
  /** The error for what is wrong. */
  readonly damaged: (what: string) => Error
}

/** The records of a stretch of blocks as a run has them, block after block, each checked before it is looked at. */
export class BlockCursor implements RecordStream {
  readonly view: RecordView = emptyView()
  /** In the file: where the block begins that the current record lies in. */
  blockOffset: number
  readonly #options: BlockCursorOptions
  #next: number
  #buffer = Buffer.allocUnsafeSlow(2 * BLOCK_BYTES)
  #at = 0
  #end = 0

  constructor(options: BlockCursorOptions) {
    this.#options = options
    this.#next = this.blockOffset = options.start
  }

  advance(): boolean {
    if (this.#at === this.#end && !this.#nextBlock()) return false
    const { view } = this
    readVarint(this.#buffer, this.#at)
    const keyLength = varint.value
    readVarint(this.#buffer, varint.next)
    const valueLength = varint.value
    view.keyStart = varint.next + 1
    view.keyEnd = varint.next + keyLength
    view.valueStart = view.keyEnd + 1
    view.valueEnd = view.keyEnd + valueLength
    if (keyLength < 1 || valueLength < 1 || view.valueEnd > this.#end)
      throw this.#damaged('has a record that runs over it')
    view.keyKind = this.#buffer[view.keyStart - 1] ?? 0
    view.valueKind = this.#buffer[view.keyEnd] ?? 0
    this.#at = view.valueEnd
    return true
  }

  #nextBlock(): boolean {
    const { source, end: blocksEnd, until = blocksEnd } = this.#options
    const left = blocksEnd - this.#next
    this.blockOffset = this.#next
    if (left === 0 || this.#next >= until) return false
    if (left < BLOCK_HEADER_BYTES) throw this.#damaged('lies outside of the blocks')
    const header = BLOCK_HEADER_BYTES
    // Most blocks fit at once; a larger one is read again, whole.
    let read = source.read(this.#buffer, 0, this.#next, Math.min(left, this.#buffer.length))
    if (read < header) throw this.#damaged('ends in its header')
    const length = this.#buffer.readUInt32LE(0)
    if (length === 0 || length > BLOCK_BYTES_MAX || header + length > left)
      throw this.#damaged(`claims ${length} bytes`)
    if (header + length > read) {
      if (header + length > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(header + length)
      read = source.read(this.#buffer, 0, this.#next, header + length)
      if (read < header + length) throw this.#damaged('is cut off')
    }
    const end = header + length
    if (crc32(this.#buffer.subarray(header, end)) !== this.#buffer.readUInt32LE(4)) {
      throw this.#damaged('fails its checksum')
    }
    this.view.keyBytes = this.view.valueBytes = this.#buffer
    this.#at = header
    this.#end = end
    this.#next += end
    return true
  }

  #damaged(what: string): Error {
    return this.#options.damaged(`the block at byte ${this.blockOffset} ${what}`)
  }
}
