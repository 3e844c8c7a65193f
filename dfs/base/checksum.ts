import { crc32 } from 'node:zlib'

/** CRC-32 (IEEE, as zlib has it) of one piece, or of a piece that continues one whose CRC is `seed`. */
export function checksum(bytes: Uint8Array, seed = 0): number {
  return crc32(bytes, seed)
}

/** The CRC-32 of each `chunkBytes` of `bytes`, the last chunk as long as it is. */
export function chunkChecksums(bytes: Uint8Array, chunkBytes: number): Uint32Array {
  const sums = new Uint32Array(Math.ceil(bytes.length / chunkBytes))
  for (let i = 0; i < sums.length; i++) {
    sums[i] = crc32(bytes.subarray(i * chunkBytes, Math.min(bytes.length, (i + 1) * chunkBytes)))
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
    if (crc32(bytes.subarray(start + done, start + end)) !== sums[chunk]) return chunk
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
