import { crc32 } from 'node:zlib'
import type { RecordView } from '../record/record-stream.ts'
import { BlockCursor, type BlockSource } from './block-cursor.ts'
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

interface IndexEntry {
  readonly offset: number
  readonly prefix: Buffer
}

/** A table file that is open for reading. Whatever is read is checked first; MR_BAD_INPUT says what is wrong and where. */
export class TableFile {
  readonly footer: TableFooter
  readonly name: string
  readonly source: BlockSource
  #index: readonly IndexEntry[] | undefined

  /** `name` is what the user calls the file. */
  constructor(source: BlockSource, name: string) {
    this.source = source
    this.name = name
    const bytes = Buffer.alloc(Math.min(FOOTER_BYTES, source.length))
    source.read(bytes, 0, source.length - bytes.length, bytes.length)
    this.footer = decodeFooter(name, bytes, source.length)
  }

  /** All records, in order. */
  records(): BlockCursor {
    return this.#from(TABLE_HEADER_BYTES)
  }

  /** The records with this key, in their order. */
  *find(key: Buffer, keyKind: number): Generator<RecordView> {
    const { footer } = this
    const place: HashPlace = footer
    if ((footer.keyKinds & (1 << keyKind)) === 0) return
    if (footer.partitions > 0 && partitionOfKey(key, keyKind, 0, key.length, place) !== footer.partition) return
    const wanted = Buffer.concat([Buffer.of(keyKind), key])
    const cursor = this.#from(this.#blockBefore(wanted))
    while (cursor.advance()) {
      const { keyBytes, keyStart, keyEnd } = cursor.view
      const order = keyBytes.compare(wanted, 0, wanted.length, keyStart - 1, keyEnd)
      if (order > 0) return
      if (order === 0) yield cursor.view
    }
  }

  #from(start: number): BlockCursor {
    const { source, name, footer } = this
    return new BlockCursor({ source, start, end: footer.indexOffset, damaged: (what) => damaged(name, what) })
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
