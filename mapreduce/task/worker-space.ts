import { ChunkSpace } from '../input/chunk-space.ts'
import { Arena } from '../kernels/arena.ts'
import { chooseKernels } from '../kernels/choose.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { useArena } from '../record/copy-bytes.ts'
import { BlockPacker } from '../shuffle/block-packer.ts'
import { BLOCK_BYTES } from '../shuffle/run-format.ts'

/** Offsets into the arena have to fit 31 bits, since JavaScript's integer operations are signed. */
const ARENA_BYTES_MAX = 0x7ff00000

/**
 * A worker's memory for its whole life, one arena of the worker's share of `--memory`: the input chunk, the write
 * buffers, and the rest (`work`), which each task lays out anew - table and record buffer while it maps, cursors while
 * it merges.
 */
export class WorkerSpace {
  readonly arena: Arena
  readonly kernels: Kernels
  readonly chunk: ChunkSpace
  /** For the run or output a task leaves behind. */
  readonly writeBuffer: Buffer
  /** For runs that merge passes write meanwhile. */
  readonly passBuffer: Buffer
  /** Of a job that has its runs packed. */
  readonly packer: BlockPacker | undefined
  readonly workBytes: number
  private readonly workAt: number

  constructor(memoryBytes: number, packRuns = false) {
    this.arena = new Arena(Math.min(memoryBytes, ARENA_BYTES_MAX))
    this.kernels = chooseKernels(this.arena)
    useArena(this.arena.bytes, this.kernels.copy)
    this.chunk = new ChunkSpace(this.arena, this.kernels, memoryBytes)
    const writeBytes = Math.min(10 * BLOCK_BYTES, Math.max(3 * BLOCK_BYTES, Math.floor(memoryBytes / 32)))
    this.writeBuffer = this.take(writeBytes)
    this.passBuffer = this.take(writeBytes)
    this.packer = packRuns ? new BlockPacker(this.arena, this.kernels) : undefined
    this.workAt = this.arena.mark
    this.workBytes = this.arena.free
  }

  /** The work area as one buffer, for merges. Whatever lay there is given up. */
  get work(): Buffer {
    return this.arena.bytes.subarray(this.workAt, this.workAt + this.workBytes)
  }

  private take(byteLength: number): Buffer {
    const at = this.arena.reserve(byteLength)
    return this.arena.bytes.subarray(at, at + byteLength)
  }
}
