import { crc32 } from 'node:zlib'

/** CRC-32 (IEEE, as zlib has it) of one piece, or of a piece that continues one whose CRC is `seed`. For frames and small files. */
export function checksum(bytes: Uint8Array, seed = 0): number {
  return crc32(bytes, seed)
}
