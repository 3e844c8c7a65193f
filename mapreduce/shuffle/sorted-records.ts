import { emptyView, type RecordView } from '../record/record-stream.ts'
import type { RecordBuffer } from './record-buffer.ts'
import type { Layable } from './run-writer.ts'

/** Records whose memory is touched ahead, so that the processor waits for many cache misses at once. */
const AHEAD = 32

/** One partition's stretch of a sorted record buffer, as a stream. */
export class SortedRecords implements Layable {
  readonly laysOut = true
  readonly view: RecordView = emptyView()
  private readonly buffer: RecordBuffer
  private readonly indexAt: (rank: number) => number
  private rank: number
  private readonly end: number
  private warm: number
  /** Keeps the touching from being optimised away. */
  touched = 0

  constructor(buffer: RecordBuffer, indexAt: (rank: number) => number, start: number, end: number) {
    this.buffer = buffer
    this.indexAt = indexAt
    this.rank = start
    this.end = end
    this.warm = start
  }

  advance(): boolean {
    if (this.rank >= this.warm) {
      if (this.rank >= this.end) return false
      this.touchAhead()
    }
    this.buffer.viewOf(this.indexAt(this.rank++), this.view)
    return true
  }

  layOut(at: number, limit: number, blockEnd: number): number {
    const { buffer } = this
    this.rank = this.warm = buffer.layOut(this.rank, this.end, at, limit, blockEnd)
    return buffer.laidTo
  }

  get left(): number {
    return this.end - this.rank
  }

  private touchAhead(): void {
    const { buffer, indexAt } = this
    const to = Math.min(this.end, this.rank + AHEAD)
    let touched = 0
    for (let rank = this.rank; rank < to; rank++) touched ^= buffer.touch(indexAt(rank))
    this.touched = touched
    this.warm = to
  }
}
