import { crc32 } from 'node:zlib'
import { MrError } from '../base/errors.ts'

/**
 * A table file: one part of the output of a job, in key order, with an index for looking up single keys.
 *
 *   table  := magic "QTBL" | version u32 | block* | index | footer
 *   block  := length u32 | crc u32 | record*        as in a run, see mapreduce/shuffle/run-format.ts
 *   index  := entry*                                one a block, in order
 *   entry  := offset u64 | length u16 | prefix      the first bytes of the block's first key: kind u8, payload
 *   footer := index offset u64 | index length u64 | index crc u32 | records u64 | key kinds u32 | partition u32 |
 *             partitions u32 | group by u32 | zeros | version u32 | crc u32 | magic "QTBL"          64 bytes
 *
 * `key kinds` has a bit for each kind of key there is. `partitions` is how many parts there are if each key lies in the
 * part its hash (of its first `group by` fields, 0: of all) names, and this is number `partition`; 0 if that is not so.
 * The crc of the footer is over the bytes before it. Integers are little-endian. Version, crc and magic stay at the end
 * in every version.
 */
export const TABLE_MAGIC = 0x4c425451
export const TABLE_VERSION = 1
export const TABLE_HEADER_BYTES = 8
export const FOOTER_BYTES = 64
/** Of a key in the index. A longer one is cut: the search then begins a block earlier. */
export const PREFIX_BYTES_MAX = 256
export const ENTRY_HEADER_BYTES = 10

export interface TableFooter {
  readonly indexOffset: number
  readonly indexBytes: number
  readonly indexCrc: number
  readonly records: number
  readonly keyKinds: number
  readonly partition: number
  readonly partitions: number
  readonly groupBy: number
}

export function encodeFooter(footer: TableFooter): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES)
  bytes.writeBigUInt64LE(BigInt(footer.indexOffset), 0)
  bytes.writeBigUInt64LE(BigInt(footer.indexBytes), 8)
  bytes.writeUInt32LE(footer.indexCrc, 16)
  bytes.writeBigUInt64LE(BigInt(footer.records), 20)
  bytes.writeUInt32LE(footer.keyKinds, 28)
  bytes.writeUInt32LE(footer.partition, 32)
  bytes.writeUInt32LE(footer.partitions, 36)
  bytes.writeUInt32LE(footer.groupBy, 40)
  bytes.writeUInt32LE(TABLE_VERSION, 52)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 56)), 56)
  bytes.writeUInt32LE(TABLE_MAGIC, 60)
  return bytes
}

/** `length` is the file's. Throws MR_BAD_INPUT for what is no table, of another version, or damaged. */
export function decodeFooter(name: string, bytes: Buffer, length: number): TableFooter {
  if (bytes.length < FOOTER_BYTES || bytes.readUInt32LE(60) !== TABLE_MAGIC) {
    throw new MrError(
      'MR_BAD_INPUT',
      `${name} is no table: the mark at its end is missing. quern run --format table makes one`,
    )
  }
  const version = bytes.readUInt32LE(52)
  if (version !== TABLE_VERSION) {
    throw new MrError(
      'MR_BAD_INPUT',
      `${name} is a table of version ${version}, and this quern reads version ${TABLE_VERSION}`,
    )
  }
  if (crc32(bytes.subarray(0, 56)) !== bytes.readUInt32LE(56)) throw damaged(name, 'its footer fails its checksum')
  const footer = {
    indexOffset: Number(bytes.readBigUInt64LE(0)),
    indexBytes: Number(bytes.readBigUInt64LE(8)),
    indexCrc: bytes.readUInt32LE(16),
    records: Number(bytes.readBigUInt64LE(20)),
    keyKinds: bytes.readUInt32LE(28),
    partition: bytes.readUInt32LE(32),
    partitions: bytes.readUInt32LE(36),
    groupBy: bytes.readUInt32LE(40),
  }
  const whole = footer.indexOffset + footer.indexBytes + FOOTER_BYTES === length
  if (!whole || footer.indexOffset < TABLE_HEADER_BYTES) throw damaged(name, 'its index lies outside of it')
  return footer
}

export function damaged(name: string, what: string): MrError {
  return new MrError('MR_BAD_INPUT', `${name} is damaged: ${what}. Run the job that made it again`)
}
