import { closeSync, openSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { diskError } from '../base/system-error.ts'
import { arenaOffset, copyBytes } from '../record/copy-bytes.ts'
import { copyRecords, type RecordSink, type RecordStream } from '../record/record-stream.ts'
import { writeVarint } from '../record/varint.ts'
import type { BlockPacker } from './block-packer.ts'
import { BLOCK_BYTES, BLOCK_HEADER_BYTES, PACKED, RUN_HEADER_BYTES, RUN_MAGIC, RUN_VERSION } from './run-format.ts'

/** Two varints and two kind bytes. */
const RECORD_OVERHEAD_MAX = 12

const runHeader = { magic: RUN_MAGIC, version: RUN_VERSION, mode: 0o600 }

/** Where one partition's records lie in a run file. */
export interface SliceRange {
  readonly offset: number
  readonly length: number
  readonly records: number
}

/** Sorted records that can lay themselves out as they stand in a run. */
export interface Layable extends RecordStream {
  /** Whether `layOut` is of use. */
  readonly laysOut: boolean
  /** Records that were neither advanced to nor laid out. */
  readonly left: number
  /** Lays out the next records as `RecordBuffer.layOut` does; returns the address behind the last. */
  layOut(at: number, limit: number, blockEnd: number): number
}

/** Writes one run file, see run-format.ts. Records come in key order, partition after partition. */
export class RunWriter implements RecordSink {
  readonly path: string
  private readonly fd: number
  private buffer: Buffer
  private arenaAt: number
  /** Written out once it holds this much, at the end of a block. */
  private readonly flushBytes: number
  private used = RUN_HEADER_BYTES
  private blockStart = -1
  private flushed = 0
  private sliceOffset = RUN_HEADER_BYTES
  private sliceRecords = 0
  records = 0
  private readonly packer: BlockPacker | undefined

  /**
   * `buffer` (three blocks or more) is borrowed until `close`; a record that does not fit makes the writer take a larger
   * one of its own. `packer` packs blocks; one that the buffer does not hold in the arena stays as it is. `header`: for
   * files of another kind made of the same blocks.
   */
  constructor(
    path: string,
    buffer: Buffer,
    packer?: BlockPacker,
    header: { readonly magic: number; readonly version: number; readonly mode: number } = runHeader,
  ) {
    this.path = path
    this.packer = packer
    this.buffer = buffer
    this.arenaAt = arenaOffset(buffer)
    this.flushBytes = Math.max(BLOCK_BYTES, buffer.length - 2 * BLOCK_BYTES)
    try {
      this.fd = openSync(path, 'wx', header.mode)
    } catch (error) {
      throw diskError(error, 'writing', path)
    }
    this.buffer.writeUInt32LE(header.magic, 0)
    this.buffer.writeUInt32LE(header.version, 4)
  }

  write(
    keyBytes: Buffer,
    keyKind: number,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueKind: number,
    valueStart: number,
    valueEnd: number,
  ): void {
    const keyLength = keyEnd - keyStart
    const valueLength = valueEnd - valueStart
    if (this.used + keyLength + valueLength + RECORD_OVERHEAD_MAX + BLOCK_HEADER_BYTES > this.buffer.length) {
      this.makeRoom(keyLength + valueLength)
    }
    if (this.blockStart < 0) {
      this.blockStart = this.used
      this.blockBegins(this.flushed + this.used, keyBytes, keyKind, keyStart, keyEnd)
      this.used += BLOCK_HEADER_BYTES
    }
    const buffer = this.buffer
    let at = writeVarint(buffer, this.used, keyLength + 1)
    at = writeVarint(buffer, at, valueLength + 1)
    buffer[at++] = keyKind
    copyBytes(keyBytes, keyStart, keyEnd, buffer, at, this.arenaAt)
    at += keyLength
    buffer[at++] = valueKind
    copyBytes(valueBytes, valueStart, valueEnd, buffer, at, this.arenaAt)
    this.used = at + valueLength
    this.sliceRecords++
    this.records++
    if (this.used - this.blockStart >= BLOCK_BYTES) this.closeBlock()
  }

  /** Writes all that is left of `records`: block by block where the buffer lies in the arena. */
  writeSorted(records: Layable, beat: () => void): void {
    while (records.laysOut && records.left > 0 && this.arenaAt >= 0 && this.blockStart < 0) {
      const { left } = records
      const block = this.arenaAt + this.used
      const limit = this.arenaAt + this.buffer.length
      const end = records.layOut(block + BLOCK_HEADER_BYTES, limit, block + BLOCK_BYTES)
      const laid = left - records.left
      if (laid > 0) {
        this.blockStart = this.used
        this.used = end - this.arenaAt
        this.sliceRecords += laid
        this.records += laid
        this.closeBlock()
      } else if (this.used > RUN_HEADER_BYTES) this.flush()
      else break
      beat()
    }
    // What is larger than the buffer.
    copyRecords(records, this, beat)
  }

  /** Ends the current partition and tells where it lies. */
  endSlice(): SliceRange {
    this.closeBlock()
    const end = this.flushed + this.used
    const range = { offset: this.sliceOffset, length: end - this.sliceOffset, records: this.sliceRecords }
    this.sliceOffset = end
    this.sliceRecords = 0
    return range
  }

  /** Returns the size of the file. `tail` goes behind the blocks. */
  close(tail: readonly Buffer[] = []): number {
    try {
      this.closeBlock()
      this.flush()
      for (const bytes of tail) this.put(bytes, bytes.length)
    } finally {
      closeSync(this.fd)
    }
    return this.flushed
  }

  /** Closes the file after a failure; what is in it is not to be used. */
  abandon(): void {
    closeSync(this.fd)
  }

  /** The block at `offset` of the file begins with this key. */
  protected blockBegins(_offset: number, _key: Buffer, _keyKind: number, _start: number, _end: number): void {}

  private closeBlock(): void {
    if (this.blockStart < 0) return
    const start = this.blockStart + BLOCK_HEADER_BYTES
    const packed = this.arenaAt < 0 ? 0 : (this.packer?.pack(this.arenaAt + start, this.used - start) ?? 0)
    if (packed > 0) this.used = start + packed
    this.buffer.writeUInt32LE(this.used - start + (packed > 0 ? PACKED : 0), this.blockStart)
    this.buffer.writeUInt32LE(crc32(this.buffer.subarray(start, this.used)), this.blockStart + 4)
    this.blockStart = -1
    if (this.used >= this.flushBytes) this.flush()
  }

  private makeRoom(payload: number): void {
    this.closeBlock()
    this.flush()
    const needed = payload + RECORD_OVERHEAD_MAX + BLOCK_HEADER_BYTES
    if (needed <= this.buffer.length) return
    this.buffer = Buffer.allocUnsafeSlow(needed)
    this.arenaAt = -1
  }

  private flush(): void {
    this.put(this.buffer, this.used)
    this.used = 0
  }

  private put(bytes: Buffer, length: number): void {
    try {
      for (let at = 0; at < length; ) at += writeSync(this.fd, bytes, at, length - at)
    } catch (error) {
      throw diskError(error, 'writing', this.path)
    }
    this.flushed += length
  }
}
