import { closeSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Kernels } from '../kernels/kernels.ts'
import { lzUnpack } from '../kernels/lz.ts'
import { arenaOffset, inArena } from '../record/copy-bytes.ts'
import { emptyView, type RecordStream, type RecordView } from '../record/record-stream.ts'
import { readVarint, varint } from '../record/varint.ts'
import { LostRun } from './lost-run.ts'
import { BLOCK_BYTES_MAX, BLOCK_HEADER_BYTES, PACKED, PACKED_HEADER_BYTES, UNPACKED_BYTES_MAX } from './run-format.ts'

/** A slice to read: one partition of one run file. */
export interface SliceSource {
  readonly file: string
  readonly offset: number
  readonly length: number
  /** The map task to run again when the slice is lost; -1 for a run of the reading task itself. */
  readonly mapTask: number
}

/** Reads one slice of a run file in large pieces, every block checked before its records are looked at. */
export class RunCursor implements RecordStream {
  readonly view: RecordView = emptyView()
  /** The key's first eight bytes, kind byte included, as two big-endian words: most comparisons end here. */
  high = 0
  low = 0
  readonly source: SliceSource
  private readonly fd: number
  /** What was read of the file. */
  private buffer: Buffer
  /** File position after what is in the buffer. */
  private position: number
  private readonly limit: number
  private filled = 0
  /** In the buffer, behind the block at hand. */
  private at = 0
  /** Where the block's records lie: in the buffer or unpacked. */
  private records: Buffer
  private next = 0
  private recordsTo = 0
  /** The same as records are handed out: in the arena, if they lie there. */
  private whole: Buffer
  private offset: number
  private readonly unpackBy: Kernels | undefined
  private unpacked: Buffer | undefined

  /**
   * `buffer` is the cursor's until `close`; a block that does not fit makes it take a larger one of its own. `unpackBy`: it
   * lies in the arena of these kernels, and the last UNPACKED_BYTES_MAX of it are for unpacking; without it packed blocks
   * are unpacked elsewhere.
   */
  constructor(source: SliceSource, buffer: Buffer, unpackBy?: Kernels) {
    this.source = source
    this.unpackBy = unpackBy
    this.buffer = unpackBy === undefined ? buffer : buffer.subarray(0, -UNPACKED_BYTES_MAX)
    if (unpackBy !== undefined) this.unpacked = buffer.subarray(-UNPACKED_BYTES_MAX)
    this.records = this.buffer
    const { bytes, offset } = inArena(this.buffer)
    this.whole = bytes
    this.offset = offset
    this.position = source.offset
    this.limit = source.offset + source.length
    try {
      this.fd = openSync(source.file, 'r')
    } catch (cause) {
      throw new LostRun(source, `can not be opened: ${String(cause)}`, { cause })
    }
  }

  advance(): boolean {
    if (this.next === this.recordsTo && !this.nextBlock()) return false
    const { records, view, offset } = this
    readVarint(records, this.next)
    const keyLength = varint.value
    readVarint(records, varint.next)
    const valueLength = varint.value
    const key = varint.next
    const value = key + keyLength
    const end = value + valueLength
    if (keyLength < 1 || valueLength < 1 || end > this.recordsTo) throw this.damaged()
    view.keyKind = records[key] ?? 0
    view.keyStart = offset + key + 1
    view.keyEnd = offset + value
    view.valueKind = records[value] ?? 0
    view.valueStart = offset + value + 1
    view.valueEnd = offset + end
    this.next = end
    let high = 0
    let low = 0
    if (keyLength >= 8) {
      high = word(records, key)
      low = word(records, key + 4)
    } else {
      for (let i = 0; i < 4; i++) high = (high << 8) | (i < keyLength ? (records[key + i] ?? 0) : 0)
      for (let i = 4; i < 8; i++) low = (low << 8) | (i < keyLength ? (records[key + i] ?? 0) : 0)
    }
    this.high = high >>> 0
    this.low = low >>> 0
    return true
  }

  close(): void {
    closeSync(this.fd)
  }

  /** Whether the records of this block lie in the arena. */
  get near(): boolean {
    return this.whole !== this.records
  }

  /** Where the block's records begin that have not been handed out, and where they end: in the arena, if they lie there. */
  get nextRecord(): number {
    return this.offset + this.next
  }

  get recordsEnd(): number {
    return this.offset + this.recordsTo
  }

  /** The next record is the one at this address of the block; its end: none. */
  moveTo(address: number): void {
    this.next = address - this.offset
  }

  damaged(): LostRun {
    return this.lost('has a record that runs over its block')
  }

  /** Reads the next block, once all records of this one have been handed out; false when there is none. */
  nextBlock(): boolean {
    if (this.filled - this.at < BLOCK_HEADER_BYTES) this.fill(BLOCK_HEADER_BYTES)
    if (this.filled === this.at) {
      // A file cut off between two blocks looks like the end of the slice, and is not.
      if (this.position < this.limit) throw this.lost('ends before its slice does')
      return false
    }
    if (this.filled - this.at < BLOCK_HEADER_BYTES) throw this.lost('ends inside a block header')
    const header = this.buffer.readUInt32LE(this.at)
    const length = header & ~PACKED
    if (length === 0 || length > BLOCK_BYTES_MAX) throw this.lost(`claims a block of ${length} bytes`)
    const whole = BLOCK_HEADER_BYTES + length
    if (this.filled - this.at < whole) this.fill(whole)
    if (this.filled - this.at < whole) throw this.lost('ends inside a block')
    const start = this.at + BLOCK_HEADER_BYTES
    const expected = this.buffer.readUInt32LE(this.at + 4)
    if (crc32(this.buffer.subarray(start, start + length)) !== expected) throw this.lost('fails its checksum')
    this.at = start + length
    if (header < PACKED) this.lie(this.buffer, start, length)
    else this.unpack(start, length)
    return true
  }

  private unpack(start: number, length: number): void {
    const { buffer, unpackBy } = this
    this.unpacked ??= Buffer.allocUnsafeSlow(UNPACKED_BYTES_MAX)
    const { unpacked } = this
    const claimed = length > PACKED_HEADER_BYTES ? buffer.readUInt32LE(start) : 0
    if (claimed === 0 || claimed > UNPACKED_BYTES_MAX) throw this.lost(`claims ${claimed} bytes packed in a block`)
    const from = start + PACKED_HEADER_BYTES
    const packed = length - PACKED_HEADER_BYTES
    const near = unpackBy === undefined ? -1 : arenaOffset(buffer)
    const found =
      unpackBy === undefined || near < 0
        ? lzUnpack(buffer, from, packed, unpacked, 0, claimed)
        : unpackBy.lzUnpack(near + from, packed, arenaOffset(unpacked), claimed)
    if (found !== claimed) throw this.lost('has a block that can not be unpacked')
    this.lie(unpacked, 0, claimed)
  }

  /** The block's records lie there. */
  private lie(records: Buffer, start: number, length: number): void {
    if (records !== this.records) {
      const { bytes, offset } = inArena(records)
      this.records = records
      this.whole = bytes
      this.offset = offset
    }
    this.next = start
    this.recordsTo = start + length
    this.view.keyBytes = this.whole
    this.view.valueBytes = this.whole
  }

  /** Brings at least `needed` bytes from `at` into the buffer, as far as the slice has them, and as many more as fit. */
  private fill(needed: number): void {
    const rest = this.filled - this.at
    if (needed > this.buffer.length) {
      // Bounded by what the slice can hold, whatever a damaged header claims.
      const grown = Buffer.allocUnsafeSlow(Math.min(needed, rest + this.limit - this.position))
      this.buffer.copy(grown, 0, this.at, this.filled)
      this.buffer = grown
    } else this.buffer.copy(this.buffer, 0, this.at, this.filled)
    this.at = 0
    this.filled = rest
    // Whatever lay in the buffer has been handed out.
    this.next = this.recordsTo = 0
    while (this.filled < this.buffer.length && this.position < this.limit) {
      const wanted = Math.min(this.buffer.length - this.filled, this.limit - this.position)
      let read: number
      try {
        read = readSync(this.fd, this.buffer, this.filled, wanted, this.position)
      } catch (cause) {
        throw new LostRun(this.source, `can not be read: ${String(cause)}`, { cause })
      }
      if (read === 0) break
      this.filled += read
      this.position += read
    }
  }

  private lost(what: string): LostRun {
    return new LostRun(this.source, `${what} (before byte ${this.position})`)
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
}
