import { crc32 } from 'node:zlib'
import { emptyView, type RecordStream, type RecordView } from '../record/record-stream.ts'
import { readVarint, varint } from '../record/varint.ts'
import { BLOCK_BYTES, BLOCK_BYTES_MAX, BLOCK_HEADER_BYTES } from '../shuffle/run-format.ts'
import { type HashPlace, partitionOfKey } from './hash-place.ts'
import {
  damaged,
  decodeFooter,
  ENTRY_HEADER_BYTES,
  FOOTER_BYTES,
  PREFIX_BYTES_MAX,
  TABLE_HEADER_BYTES,
  type TableFooter,
} from './table-format.ts'

/** Positional, synchronous reads, as an input file gives them. */
export interface TableSource {
  readonly length: number
  read(target: Buffer, offset: number, position: number, length: number): number
}

interface IndexEntry {
  readonly offset: number
  readonly prefix: Buffer
}

/** A table file that is open for reading. Whatever is read is checked first; MR_BAD_INPUT says what is wrong and where. */
export class TableFile {
  readonly footer: TableFooter
  readonly name: string
  readonly source: TableSource
  #index: readonly IndexEntry[] | undefined

  /** `name` is what the user calls the file. */
  constructor(source: TableSource, name: string) {
    this.source = source
    this.name = name
    const bytes = Buffer.alloc(Math.min(FOOTER_BYTES, source.length))
    source.read(bytes, 0, source.length - bytes.length, bytes.length)
    this.footer = decodeFooter(name, bytes, source.length)
  }

  /** All records, in order. */
  records(): TableCursor {
    return new TableCursor(this, TABLE_HEADER_BYTES)
  }

  /** The records with this key, in their order. */
  *find(key: Buffer, keyKind: number): Generator<RecordView> {
    const { footer } = this
    const place: HashPlace = footer
    if ((footer.keyKinds & (1 << keyKind)) === 0) return
    if (footer.partitions > 0 && partitionOfKey(key, keyKind, 0, key.length, place) !== footer.partition) return
    const wanted = Buffer.concat([Buffer.of(keyKind), key])
    const cursor = new TableCursor(this, this.#blockBefore(wanted))
    while (cursor.advance()) {
      const { keyBytes, keyStart, keyEnd } = cursor.view
      const order = keyBytes.compare(wanted, 0, wanted.length, keyStart - 1, keyEnd)
      if (order > 0) return
      if (order === 0) yield cursor.view
    }
  }

  /** Where the last block begins whose first key is certainly less than `wanted`; else the first. */
  #blockBefore(wanted: Buffer): number {
    this.#index ??= this.#readIndex()
    const index = this.#index
    let low = 0
    let high = index.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const prefix = index[middle]?.prefix ?? wanted
      if (prefix.compare(wanted, 0, Math.min(wanted.length, prefix.length)) < 0) low = middle + 1
      else high = middle
    }
    return index[Math.max(0, low - 1)]?.offset ?? this.footer.indexOffset
  }

  #readIndex(): IndexEntry[] {
    const { indexOffset, indexBytes, indexCrc } = this.footer
    const bytes = Buffer.allocUnsafeSlow(indexBytes)
    const read = this.source.read(bytes, 0, indexOffset, indexBytes)
    if (read < indexBytes || crc32(bytes) !== indexCrc) throw damaged(this.name, 'its index fails its checksum')
    const entries: IndexEntry[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = at + ENTRY_HEADER_BYTES <= bytes.length ? bytes.readUInt16LE(at + 8) : 0
      const start = at + ENTRY_HEADER_BYTES
      if (length < 1 || length > PREFIX_BYTES_MAX || start + length > bytes.length) {
        throw damaged(this.name, `its index has an entry of ${length} bytes`)
      }
      entries.push({ offset: Number(bytes.readBigUInt64LE(at)), prefix: bytes.subarray(start, start + length) })
      at = start + length
    }
    return entries
  }
}

/** Records of a table from one block on, block after block. */
export class TableCursor implements RecordStream {
  readonly view: RecordView = emptyView()
  /** In the file: where the block begins that the current record lies in. */
  blockOffset: number
  readonly #file: TableFile
  #next: number
  #buffer = Buffer.allocUnsafeSlow(2 * BLOCK_BYTES)
  #at = 0
  #end = 0

  constructor(file: TableFile, offset: number) {
    this.#file = file
    this.#next = this.blockOffset = offset
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
    const { source, footer } = this.#file
    const left = footer.indexOffset - this.#next
    this.blockOffset = this.#next
    if (left === 0) return false
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
    return damaged(this.#file.name, `the block at byte ${this.blockOffset} ${what}`)
  }
}
