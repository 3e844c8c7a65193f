import { crc32 } from 'node:zlib'

/**
 * A replica is two files. The data file holds the block's bytes and nothing else. The checksum file beside it:
 *
 *   "QUCK" | version u32 | chunkBytes u32 | chunks u32 | block u64 | generation u64 | length u64
 *   | CRC-32 u32 of each chunk | CRC-32 u32 of everything before
 *
 * All little-endian. The last chunk is as long as it is. Block and generation are in it, so that two checksum files that
 * changed places are noticed.
 */
const magic = 0x4b435551
export const checksumFileVersion = 1
const headBytes = 40

export interface BlockChecksums {
  readonly block: number
  readonly generation: number
  readonly length: number
  readonly chunkBytes: number
  readonly sums: Uint32Array
}

export const checksumFileBytes = (chunks: number): number => headBytes + chunks * 4 + 4

export function encodeChecksumFile(checksums: BlockChecksums): Buffer {
  const { sums } = checksums
  const file = Buffer.alloc(checksumFileBytes(sums.length))
  file.writeUInt32LE(magic, 0)
  file.writeUInt32LE(checksumFileVersion, 4)
  file.writeUInt32LE(checksums.chunkBytes, 8)
  file.writeUInt32LE(sums.length, 12)
  file.writeBigUInt64LE(BigInt(checksums.block), 16)
  file.writeBigUInt64LE(BigInt(checksums.generation), 24)
  file.writeBigUInt64LE(BigInt(checksums.length), 32)
  for (let i = 0; i < sums.length; i++) file.writeUInt32LE(sums[i] ?? 0, headBytes + i * 4)
  const end = file.length - 4
  file.writeUInt32LE(crc32(file.subarray(0, end)), end)
  return file
}

/** The checksums, or in words what is wrong with the file. */
export function decodeChecksumFile(file: Buffer, block: number, generation: number): BlockChecksums | string {
  if (file.length < headBytes + 4) return `its checksum file is cut off at ${file.length} bytes`
  if (file.readUInt32LE(0) !== magic) return 'its checksum file does not begin with its magic number'
  const end = file.length - 4
  if (crc32(file.subarray(0, end)) !== file.readUInt32LE(end)) return 'its checksum file fails its own checksum'
  const version = file.readUInt32LE(4)
  if (version !== checksumFileVersion) return `its checksum file is of unknown version ${version}`
  const chunkBytes = file.readUInt32LE(8)
  const chunks = file.readUInt32LE(12)
  const found = { block: Number(file.readBigUInt64LE(16)), generation: Number(file.readBigUInt64LE(24)) }
  const length = Number(file.readBigUInt64LE(32))
  if (found.block !== block || found.generation !== generation) {
    return `its checksum file belongs to block ${found.block} generation ${found.generation}`
  }
  if (chunkBytes === 0 || chunks !== Math.ceil(length / chunkBytes) || file.length !== checksumFileBytes(chunks)) {
    return `its checksum file names ${chunks} chunks of ${chunkBytes} bytes for ${length} bytes`
  }
  const sums = new Uint32Array(chunks)
  for (let i = 0; i < chunks; i++) sums[i] = file.readUInt32LE(headBytes + i * 4)
  return { block, generation, length, chunkBytes, sums }
}

/** More than any checksum file of ours can be: a block of 16 GiB in chunks of 4 KiB. */
export const checksumFileBytesMax = checksumFileBytes(4 * 1024 * 1024)
