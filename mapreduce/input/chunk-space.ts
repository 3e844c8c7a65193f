import type { Arena } from '../kernels/arena.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { SLACK_BYTES } from '../kernels/layout.ts'
import { SeparatorWindow } from '../record/separator-window.ts'
import { TokenWindow } from '../record/token-window.ts'
import { type ByteSource, READ_ALIGN_BYTES } from './byte-source.ts'

const LINES_MAX = 4096
const WORDS_MAX = 8192
const SEPARATORS_MAX = 8192
/** Bytes of what lines are searched for that the kernel compares. */
const NEEDLE_BYTES = 1024

/**
 * The stretch of the arena that input is read into, for the life of the worker: the unfinished line of the last chunk
 * (`carryBytes` before `chunkAt`), the chunk, and the offsets the kernels find in it.
 */
export class ChunkSpace {
  readonly arena: Arena
  readonly kernels: Kernels
  readonly chunkAt: number
  readonly chunkBytes: number
  readonly carryBytes: number
  readonly linesAt: number
  readonly linesMax = LINES_MAX
  readonly window: ChunkWindow
  /** Where a needle lies for the kernel, as much of it as there is room for. */
  readonly needleAt: number
  readonly needleBytesMax = NEEDLE_BYTES
  /** Where the window keeps what it finds; readers that have no use for words keep offsets of their own there. */
  readonly spansAt: number
  readonly spansMax = WORDS_MAX * 2

  /** Takes about a tenth of `memoryBytes`. */
  constructor(arena: Arena, kernels: Kernels, memoryBytes: number) {
    this.arena = arena
    this.kernels = kernels
    const sixteenth = Math.floor(memoryBytes / 16 / READ_ALIGN_BYTES) * READ_ALIGN_BYTES
    this.chunkBytes = Math.min(1024 * 1024, Math.max(READ_ALIGN_BYTES, sixteenth))
    this.carryBytes = this.chunkBytes / 2
    const at = arena.reserve(this.carryBytes + this.chunkBytes + SLACK_BYTES)
    this.chunkAt = at + this.carryBytes
    this.linesAt = arena.reserve(LINES_MAX * 4)
    this.spansAt = arena.reserve(WORDS_MAX * 8)
    this.needleAt = arena.reserve(NEEDLE_BYTES + SLACK_BYTES)
    this.window = new ChunkWindow(arena, kernels, this.spansAt, arena.reserve(SEPARATORS_MAX * 4))
  }

  /**
   * Reads the chunk at `position`, a multiple of READ_ALIGN_BYTES, with the bytes at [from, to) of the last one moved in
   * front of it: as much of the segment as fits, and only a little beyond its end.
   */
  refill(
    source: ByteSource,
    position: number,
    segmentEnd: number,
    from: number,
    to: number,
  ): { readonly read: number; readonly endOfFile: boolean } {
    const { chunkAt } = this
    const { bytes } = this.arena
    bytes.copyWithin(chunkAt - (to - from), from, to)
    const wanted =
      position < segmentEnd
        ? Math.min(this.chunkBytes, Math.ceil((segmentEnd - position) / READ_ALIGN_BYTES) * READ_ALIGN_BYTES)
        : READ_ALIGN_BYTES
    const read = source.read(bytes, chunkAt, position, wanted)
    return { read, endOfFile: read < wanted }
  }
}

/** Words of the chunk, found by a kernel some thousands at a time. */
export class ChunkWindow extends TokenWindow {
  private readonly kernels: Kernels
  private readonly at: number
  private readonly separatorsAt: number
  private readonly separatorPlaces: Int32Array
  private separatorWindow: SeparatorWindow | undefined
  private end = 0

  constructor(arena: Arena, kernels: Kernels, at: number, separatorsAt: number) {
    super(arena.u32.subarray(at >>> 2, (at >>> 2) + WORDS_MAX * 2))
    this.kernels = kernels
    this.at = at
    this.separatorsAt = separatorsAt
    this.separatorPlaces = new Int32Array(arena.u32.buffer, separatorsAt, SEPARATORS_MAX)
  }

  /** The first separator asked for is the one that is looked for, for the life of the worker: there is memory for one. */
  override separators(byte: number): SeparatorWindow | undefined {
    return this.separatorWindow?.byte === byte ? this.separatorWindow : this.openSeparators(byte)
  }

  private openSeparators(byte: number): SeparatorWindow | undefined {
    if (this.separatorWindow !== undefined) return undefined
    const find = (position: number): { readonly count: number; readonly limit: number } => ({
      count: this.kernels.places(position, this.end, this.separatorsAt, SEPARATORS_MAX, byte),
      limit: this.end,
    })
    this.separatorWindow = new SeparatorWindow(byte, this.separatorPlaces, find)
    return this.separatorWindow
  }

  /** Words up to `end`, a record end, may be looked for from now on. */
  extend(end: number): void {
    this.end = end
  }

  /** The chunk has been read anew. */
  reset(): void {
    this.end = 0
    this.separatorWindow?.clear()
    this.clear()
  }

  protected get limit(): number {
    return this.end
  }

  protected tokenise(position: number): number {
    return position >= this.end ? 0 : this.kernels.tokenise(position, this.end, this.at, WORDS_MAX) * 2
  }
}
