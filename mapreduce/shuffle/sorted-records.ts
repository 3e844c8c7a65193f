import { emptyView, type RecordStream, type RecordView } from '../record/record-stream.ts'
import type { RecordBuffer } from './record-buffer.ts'

/** One partition's stretch of a sorted record buffer, as a stream. */
export class SortedRecords implements RecordStream {
  readonly view: RecordView = emptyView()
  private readonly buffer: RecordBuffer
  private readonly indexAt: (rank: number) => number
  private rank: number
  private readonly end: number

  constructor(buffer: RecordBuffer, indexAt: (rank: number) => number, start: number, end: number) {
    this.buffer = buffer
    this.indexAt = indexAt
    this.rank = start
    this.end = end
  }

  advance(): boolean {
    if (this.rank >= this.end) return false
    this.buffer.viewOf(this.indexAt(this.rank++), this.view)
    return true
  }
}
