import { crc32 } from 'node:zlib'
import { MrError } from '../base/errors.ts'
import { BLOCK_HEADER_BYTES } from '../shuffle/run-format.ts'
import { RunWriter } from '../shuffle/run-writer.ts'
import type { BlockSource } from './block-cursor.ts'

/**
 * A records file: what one task of a stage of a flow hands on to the stages behind it, in the order it was emitted.
 *
 *   records := magic "QREC" | version u32 | block* | border u64* | footer
 *   block   := as in a run, see mapreduce/shuffle/run-format.ts
 *   border  := where a block begins, about one in each MiB: from there on a reader finds the blocks of a segment
 *   footer  := blocks' end u64 | borders u32 | borders' crc u32 | version u32 | crc u32 | magic "QREC"       28 bytes
 *
 * The last crc is over the footer's bytes before it. Integers are little-endian.
 */
const RECORDS_MAGIC = 0x43455251
const RECORDS_VERSION = 1
export const RECORDS_HEADER_BYTES = 8
const FOOTER_BYTES = 28
const BORDER_BYTES = 1024 * 1024
/** 64 TiB of records; what no footer may exceed. */
const BORDERS_MAX = 2 ** 26

/** Writes a records file. */
export class RecordsWriter extends RunWriter {
  private readonly borders: number[] = []

  constructor(path: string, buffer: Buffer) {
    super(path, buffer, undefined, { magic: RECORDS_MAGIC, version: RECORDS_VERSION, mode: 0o600 })
  }

  protected override blockBegins(offset: number): void {
    // The field initialiser runs after the constructor of the base, which begins no block.
    if (offset - (this.borders.at(-1) ?? 0) >= BORDER_BYTES) this.borders.push(offset)
  }

  override close(): number {
    const { length: blocksEnd } = this.endSlice()
    const borders = Buffer.alloc(this.borders.length * 8)
    for (const [n, border] of this.borders.entries()) borders.writeBigUInt64LE(BigInt(border), n * 8)
    const footer = Buffer.alloc(FOOTER_BYTES)
    footer.writeBigUInt64LE(BigInt(RECORDS_HEADER_BYTES + blocksEnd), 0)
    footer.writeUInt32LE(this.borders.length, 8)
    footer.writeUInt32LE(crc32(borders), 12)
    footer.writeUInt32LE(RECORDS_VERSION, 16)
    footer.writeUInt32LE(crc32(footer.subarray(0, 20)), 20)
    footer.writeUInt32LE(RECORDS_MAGIC, 24)
    return super.close([borders, footer])
  }
}

/** What the end of a records file says of it. */
export interface RecordsIndex {
  readonly blocksEnd: number
  /** In rising order. */
  readonly borders: readonly number[]
}

export function readIndex(source: BlockSource, name: string): RecordsIndex {
  const footer = Buffer.alloc(FOOTER_BYTES)
  const at = source.length - FOOTER_BYTES
  if (at < RECORDS_HEADER_BYTES || source.read(footer, 0, at, FOOTER_BYTES) < FOOTER_BYTES) {
    throw lostRecords(name, 'it is cut off')
  }
  if (footer.readUInt32LE(24) !== RECORDS_MAGIC) throw lostRecords(name, 'the mark at its end is missing')
  if (crc32(footer.subarray(0, 20)) !== footer.readUInt32LE(20)) throw lostRecords(name, 'its end fails its checksum')
  const version = footer.readUInt32LE(16)
  if (version !== RECORDS_VERSION) throw lostRecords(name, `it has version ${version}, and ${RECORDS_VERSION} is known`)
  const blocksEnd = Number(footer.readBigUInt64LE(0))
  const count = footer.readUInt32LE(8)
  if (count > BORDERS_MAX || blocksEnd + count * 8 + FOOTER_BYTES !== source.length) {
    throw lostRecords(name, `its end tells of ${count} borders behind byte ${blocksEnd}`)
  }
  const bytes = Buffer.alloc(count * 8)
  if (source.read(bytes, 0, blocksEnd, bytes.length) < bytes.length || crc32(bytes) !== footer.readUInt32LE(12)) {
    throw lostRecords(name, 'its borders fail their checksum')
  }
  return { blocksEnd, borders: Array.from({ length: count }, (_, n) => Number(bytes.readBigUInt64LE(n * 8))) }
}

/** Where the first block begins that does not begin before `position`. */
export function blockFrom(
  source: BlockSource,
  name: string,
  { blocksEnd, borders }: RecordsIndex,
  position: number,
): number {
  let at = Math.max(RECORDS_HEADER_BYTES, borders.findLast((border) => border <= position) ?? 0)
  const header = Buffer.alloc(BLOCK_HEADER_BYTES)
  while (at < position && at < blocksEnd) {
    source.read(header, 0, at, BLOCK_HEADER_BYTES)
    const length = header.readUInt32LE(0)
    // What is wrong otherwise shows where the block is read.
    if (length === 0 || at + BLOCK_HEADER_BYTES + length > blocksEnd) {
      throw lostRecords(name, `the block at byte ${at} claims ${length} bytes`)
    }
    at += BLOCK_HEADER_BYTES + length
  }
  return Math.min(at, blocksEnd)
}

/** Records between two stages that are gone or damaged. The stage that made them is run again. */
export class LostRecords extends MrError {
  constructor(name: string, what: string, options?: { cause?: unknown }) {
    super('MR_LOST_RUN', `${name} can not be read: ${what}`, options)
  }
}

export function lostRecords(name: string, what: string): LostRecords {
  return new LostRecords(name, what)
}
