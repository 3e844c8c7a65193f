import { emptyView, type RecordStream, type RecordView } from '../record/record-stream.ts'
import { RunCursor, type SliceSource } from './run-cursor.ts'

/** Slices one after the other, for runs that are in order of arrival and not by key. */
export class Concat implements RecordStream {
  private readonly slices: readonly SliceSource[]
  private readonly buffer: Buffer
  private cursor: RunCursor | undefined
  private nothing: RecordView = emptyView()
  /** Which slice the current record is in, and how many of that slice came before it. */
  slice = -1
  before = 0

  /** Begins with slice `from`, past its first `skip` records. `buffer` is its own until `close`. */
  constructor(slices: readonly SliceSource[], buffer: Buffer, from = 0, skip = 0) {
    this.slices = slices
    this.buffer = buffer
    this.slice = from - 1
    try {
      for (let i = 0; i < skip; i++) this.advance()
    } catch (error) {
      this.close()
      throw error
    }
  }

  get view(): RecordView {
    return this.cursor?.view ?? this.nothing
  }

  advance(): boolean {
    while (this.cursor === undefined || !this.cursor.advance()) {
      this.cursor?.close()
      this.cursor = undefined
      const next = this.slices[this.slice + 1]
      if (next === undefined) return false
      this.slice++
      this.before = -1
      this.cursor = new RunCursor(next, this.buffer)
    }
    this.before++
    return true
  }

  close(): void {
    this.cursor?.close()
    this.cursor = undefined
  }
}
