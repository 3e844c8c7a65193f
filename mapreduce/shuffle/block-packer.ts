import type { Arena } from '../kernels/arena.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { LZ_TABLE_BYTES } from '../kernels/lz.ts'
import { PACKED_HEADER_BYTES, UNPACKED_BYTES_MAX } from './run-format.ts'

/** What is not smaller by an eighth is not worth unpacking. */
const WORTH = 7 / 8

/** Packs blocks of runs where they lie in the arena. */
export class BlockPacker {
  private readonly arena: Arena
  private readonly kernels: Kernels
  private readonly scratch: number
  private readonly table: number

  constructor(arena: Arena, kernels: Kernels) {
    this.arena = arena
    this.kernels = kernels
    this.scratch = arena.reserve(UNPACKED_BYTES_MAX)
    this.table = arena.reserve(LZ_TABLE_BYTES)
  }

  /** Packs the records at `at` in place, see run-format.ts; returns what they take then, 0 if they stay as they are. */
  pack(at: number, length: number): number {
    if (length > UNPACKED_BYTES_MAX) return 0
    const limit = Math.floor(length * WORTH) - PACKED_HEADER_BYTES
    const packed = limit > 0 ? this.kernels.lzPack(at, length, this.scratch, limit, this.table) : 0
    if (packed === 0) return 0
    this.arena.bytes.writeUInt32LE(length, at)
    this.kernels.copy(at + PACKED_HEADER_BYTES, this.scratch, packed)
    return packed + PACKED_HEADER_BYTES
  }
}
