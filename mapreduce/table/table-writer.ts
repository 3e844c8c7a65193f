import { crc32 } from 'node:zlib'
import { MrError } from '../base/errors.ts'
import { Decoder } from '../record/decode.ts'
import { showKey } from '../shuffle/reduce-groups.ts'
import { RunWriter } from '../shuffle/run-writer.ts'
import { type HashPlace, partitionOfKey } from './hash-place.ts'
import { ENTRY_HEADER_BYTES, encodeFooter, PREFIX_BYTES_MAX, TABLE_MAGIC, TABLE_VERSION } from './table-format.ts'

/** Writes one table file, see table-format.ts. Throws MR_USER_CODE when keys do not come in order. */
export class TableWriter extends RunWriter {
  private readonly place: HashPlace
  private readonly index: Buffer[] = []
  private last: Buffer = Buffer.alloc(256)
  private lastLength = 0
  private lastKind = -1
  private keyKinds = 0
  private byHash = true
  /** What the disk refused. User code may catch it around `emit`; the output is not to be used all the same. */
  private failure: unknown

  /** `buffer` is borrowed until `close`, as a run's; `place` is the part's among those of the job. */
  constructor(path: string, buffer: Buffer, place: HashPlace) {
    super(path, buffer, undefined, { magic: TABLE_MAGIC, version: TABLE_VERSION, mode: 0o644 })
    this.place = place
    this.byHash = place.partitions > 0
  }

  override write(
    keyBytes: Buffer,
    keyKind: number,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueKind: number,
    valueStart: number,
    valueEnd: number,
  ): void {
    if (this.failure !== undefined) throw this.failure
    this.follow(keyBytes, keyKind, keyStart, keyEnd)
    this.keyKinds |= 1 << keyKind
    if (this.byHash) {
      this.byHash = partitionOfKey(keyBytes, keyKind, keyStart, keyEnd, this.place) === this.place.partition
    }
    try {
      super.write(keyBytes, keyKind, keyStart, keyEnd, valueBytes, valueKind, valueStart, valueEnd)
    } catch (error) {
      this.failure = error
      throw error
    }
  }

  override close(): number {
    let tail: readonly Buffer[]
    try {
      if (this.failure !== undefined) throw this.failure
      tail = this.tail()
    } catch (error) {
      this.abandon()
      throw error
    }
    return super.close(tail)
  }

  /** The index and the footer, all blocks being written. */
  private tail(): readonly Buffer[] {
    const { offset, length } = this.endSlice()
    const index = Buffer.concat(this.index)
    const { partition, partitions, groupBy } = this.place
    const footer = encodeFooter({
      indexOffset: offset + length,
      indexBytes: index.length,
      indexCrc: crc32(index),
      records: this.records,
      keyKinds: this.keyKinds,
      partition,
      partitions: this.byHash ? partitions : 0,
      groupBy,
    })
    return [index, footer]
  }

  protected override blockBegins(offset: number, key: Buffer, keyKind: number, start: number, end: number): void {
    const length = Math.min(end - start + 1, PREFIX_BYTES_MAX)
    const entry = Buffer.allocUnsafe(ENTRY_HEADER_BYTES + length)
    entry.writeBigUInt64LE(BigInt(offset), 0)
    entry.writeUInt16LE(length, 8)
    entry[ENTRY_HEADER_BYTES] = keyKind
    key.copy(entry, ENTRY_HEADER_BYTES + 1, start, start + length - 1)
    this.index.push(entry)
  }

  /** The key has to be the last one's equal or come after it. */
  private follow(key: Buffer, keyKind: number, start: number, end: number): void {
    const order =
      keyKind !== this.lastKind ? keyKind - this.lastKind : compareBytes(key, start, end, this.last, this.lastLength)
    if (order < 0) {
      const decoder = new Decoder()
      const now = showKey(decoder.decode(key, keyKind, start, end))
      const before = showKey(decoder.decode(this.last, this.lastKind, 0, this.lastLength))
      throw new MrError(
        'MR_USER_CODE',
        `the key ${now} was emitted after ${before}, and a table() is written in key order: emit the key that reduce is given (a job without reduce has no order)`,
      )
    }
    if (order === 0) return
    const length = end - start
    if (length > this.last.length) this.last = Buffer.allocUnsafeSlow(Math.max(length, this.last.length * 2))
    key.copy(this.last, 0, start, end)
    this.lastLength = length
    this.lastKind = keyKind
  }
}

function compareBytes(one: Buffer, start: number, end: number, other: Buffer, length: number): number {
  const common = Math.min(end - start, length)
  for (let i = 0; i < common; i++) {
    const difference = (one[start + i] ?? 0) - (other[i] ?? 0)
    if (difference !== 0) return difference
  }
  return end - start - length
}
