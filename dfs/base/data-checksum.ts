import { crc32 } from 'node:zlib'
import { type Crc32, crc32Kernel, pieceBytesMin } from './crc32-kernel.ts'

/** A thread that sees less is over before its kernel is compiled. */
const kernelWorthBytes = 2 * 1024 * 1024

let seen = 0
let kernel: Crc32 | undefined

/** The same CRC-32 as `checksum`, for what users store: by the kernel once there has been enough of it. */
export function dataChecksum(bytes: Uint8Array, seed = 0): number {
  if (bytes.length < pieceBytesMin) return crc32(bytes, seed)
  if (kernel !== undefined) return kernel(bytes, seed)
  seen += bytes.length
  if (seen >= kernelWorthBytes) kernel = crc32Kernel() ?? crc32
  return crc32(bytes, seed)
}

/** The CRC-32 of each `chunkBytes` of `bytes`, the last chunk as long as it is. */
export function chunkChecksums(bytes: Uint8Array, chunkBytes: number): Uint32Array {
  const sums = new Uint32Array(Math.ceil(bytes.length / chunkBytes))
  for (let i = 0; i < sums.length; i++) {
    sums[i] = dataChecksum(bytes.subarray(i * chunkBytes, Math.min(bytes.length, (i + 1) * chunkBytes)))
  }
  return sums
}

/**
 * Checks `length` bytes of `bytes` from `start` against the checksums from `firstChunk` on; they have to begin on a chunk
 * and end on one or at the end of the block. Returns the index of the first chunk that fails, or -1.
 */
export function firstBadChunk(
  bytes: Uint8Array,
  start: number,
  length: number,
  sums: Uint32Array,
  firstChunk: number,
  chunkBytes: number,
): number {
  for (let done = 0, chunk = firstChunk; done < length; done += chunkBytes, chunk++) {
    const end = Math.min(done + chunkBytes, length)
    if (dataChecksum(bytes.subarray(start + done, start + end)) !== sums[chunk]) return chunk
  }
  return -1
}

/** Checksums as they go over the wire and stand in files: u32 little-endian each. */
export function checksumBytes(sums: Uint32Array): Buffer {
  const bytes = Buffer.allocUnsafe(sums.length * 4)
  for (let i = 0; i < sums.length; i++) bytes.writeUInt32LE(sums[i] ?? 0, i * 4)
  return bytes
}

export function checksumsOf(bytes: Buffer): Uint32Array {
  const sums = new Uint32Array(bytes.length / 4)
  for (let i = 0; i < sums.length; i++) sums[i] = bytes.readUInt32LE(i * 4)
  return sums
}
