/**
 * A run file: sorted records of one task, partition after partition.
 *
 *   run    := magic "QRUN" | version u32 | slice*
 *   slice  := block*                        one partition's records in key order; where it lies is told by the task
 *   block  := length u32 | crc u32 | (record* | packed)      length of and CRC-32 over what follows; no record crosses a block
 *   packed := records' length u32 | record* in LZ4's block format       where the block's length has its highest bit
 *   record := key length varint | value length varint | kind u8, key payload | kind u8, value payload
 *
 * Lengths count the kind byte. Integers are little-endian. A reader checks a block before it looks at a record of it.
 */
export const RUN_MAGIC = 0x4e555251
export const RUN_VERSION = 2
export const RUN_HEADER_BYTES = 8
export const BLOCK_HEADER_BYTES = 8
/** A block is closed once it holds this much; a single larger record makes a larger block. */
export const BLOCK_BYTES = 32 * 1024
/** In a block's length: what follows is packed. */
export const PACKED = 0x80000000
export const PACKED_HEADER_BYTES = 4
/** Larger blocks, of larger records, are not packed, so that a reader needs no more room to unpack one. */
export const UNPACKED_BYTES_MAX = 48 * 1024
/** Key, value and their lengths; what no block may exceed. */
export const BLOCK_BYTES_MAX = 2 * 64 * 1024 * 1024 + 64 * 1024
