import { Text } from '../record/text.ts'
import type { ChunkSpace } from './chunk-space.ts'
import type { LineReader } from './line-reader.ts'
import type { ReaderOptions, RecordReader } from './record-reader.ts'

/** Of the text, looked at to tell which bytes are rare. */
const SAMPLE_BYTES = 8192

/** The lines of a segment that hold certain bytes, found by a kernel some hundreds at a time. */
export class MatchingLines implements RecordReader {
  record: Text
  private readonly lines: LineReader
  private readonly space: ChunkSpace
  private readonly needle: Buffer
  private readonly crlf: 0 | 1
  private readonly onPassed: (records: number) => void
  private readonly chunkText: Text
  /** As much of the needle as the kernel compares. */
  private readonly laid: number
  /** Places in it that are compared first. */
  private rare: readonly [number, number] | undefined
  private readonly matchesMax: number
  /** What of the stretch at hand has not been searched. */
  private from = 0
  private to = 0
  private index = 0
  private found = 0
  private passedAfter = 0

  /** `lines` is this reader's alone from now on. */
  constructor(
    lines: LineReader,
    space: ChunkSpace,
    needle: Buffer,
    crlf: boolean,
    { onPassed }: Pick<ReaderOptions, 'onPassed'>,
  ) {
    this.lines = lines
    this.space = space
    this.needle = needle
    this.crlf = crlf ? 1 : 0
    this.onPassed = onPassed ?? (() => {})
    this.chunkText = new Text(space.arena.bytes, 0, 0, space.window)
    this.record = this.chunkText
    this.laid = Math.min(needle.length, space.needleBytesMax)
    // Two words for the stretch, three for a line.
    this.matchesMax = Math.floor((space.linesMax - 2) / 3)
    needle.copy(space.arena.bytes, space.needleAt, 0, this.laid)
  }

  get offset(): number {
    return this.record === this.chunkText ? this.lines.positionOf(this.record.start) : this.lines.offset
  }

  next(): boolean {
    const { space, chunkText } = this
    const { u32 } = space.arena
    for (;;) {
      if (this.index < this.found) {
        const row = (space.linesAt >>> 2) + 2 + this.index++ * 3
        chunkText.start = u32[row] ?? 0
        chunkText.end = u32[row + 1] ?? 0
        this.record = chunkText
        const passed = u32[row + 2] ?? 0
        if (passed > 0) this.onPassed(passed)
      } else {
        if (this.passedAfter > 0) this.onPassed(this.passedAfter)
        this.passedAfter = 0
        if (this.from < this.to) {
          this.search()
          continue
        }
        const more = this.lines.nextLines()
        if (more === undefined) return false
        if (more !== 'record') {
          this.from = more.start
          this.to = more.end
          continue
        }
        this.record = this.lines.record
        if (this.record.includes(this.needle)) return true
        this.onPassed(1)
        continue
      }
      if (this.laid === this.needle.length || chunkText.includes(this.needle)) return true
      this.onPassed(1)
    }
  }

  head(bytesMax: number): Buffer {
    const { buffer, start, end } = this.record
    return Buffer.from(buffer.subarray(start, Math.min(end, start + bytesMax)))
  }

  private search(): void {
    const { kernels, arena, needleAt, linesAt } = this.space
    this.rare ??= rarest(
      this.needle.subarray(0, this.laid),
      arena.bytes.subarray(this.from, Math.min(this.to, this.from + SAMPLE_BYTES)),
    )
    const [one, two] = this.rare
    this.index = 0
    this.found = kernels.matchingLines(
      this.from,
      this.to,
      needleAt,
      this.laid,
      one,
      two,
      this.crlf,
      linesAt,
      this.matchesMax,
    )
    this.from = arena.u32[linesAt >>> 2] ?? this.to
    this.passedAfter = arena.u32[(linesAt >>> 2) + 1] ?? 0
  }
}

/**
 * Two places in a needle, different where it has two bytes, of those whose bytes a piece of the text has least of; of equally
 * rare ones the last. What is compared first decides how often more has to be.
 */
function rarest(needle: Uint8Array, text: Uint8Array): readonly [number, number] {
  const counts = new Uint32Array(256)
  for (const byte of text) counts[byte] = (counts[byte] ?? 0) + 1
  const places = Array.from(needle, (byte, place) => ({ place, count: counts[byte] ?? 0 }))
  places.sort((a, b) => a.count - b.count || b.place - a.place)
  const [first, second = first] = places
  return [first?.place ?? 0, second?.place ?? 0]
}
