import { entryHolds } from '../kernels/layout.ts'
import { Encoder } from '../record/encode.ts'
import { kind } from '../record/kind.ts'
import { emptyView, type RecordView } from '../record/record-stream.ts'
import { encodeCount } from './fold.ts'
import type { FoldTable } from './fold-table.ts'
import type { Layable } from './run-writer.ts'
import { encodePartial } from './stats-fold.ts'

/** What the numbers of a table are: values, counts or statistics that the reduce takes as unfinished, or nothing (keys alone). */
export type TableHolds = 'values' | 'partial counts' | 'keys' | 'stats'

const KERNEL_HOLDS = {
  values: entryHolds.values,
  'partial counts': entryHolds.counts,
  keys: entryHolds.keys,
  stats: undefined,
} as const

/** One partition's stretch of a sorted fold table, as a stream of records. */
export class SortedEntries implements Layable {
  readonly view: RecordView = emptyView()
  private readonly table: FoldTable
  private readonly indexAt: (rank: number) => number
  private rank: number
  private readonly end: number
  private readonly holds: TableHolds
  private readonly encoder = new Encoder()
  private readonly counted = Buffer.alloc(16)

  constructor(table: FoldTable, indexAt: (rank: number) => number, start: number, end: number, holds: TableHolds) {
    this.table = table
    this.indexAt = indexAt
    this.rank = start
    this.end = end
    this.holds = holds
    this.view.keyBytes = table.bytes
  }

  get left(): number {
    return this.end - this.rank
  }

  get laysOut(): boolean {
    return KERNEL_HOLDS[this.holds] !== undefined
  }

  layOut(at: number, limit: number, blockEnd: number): number {
    const holds = KERNEL_HOLDS[this.holds]
    if (holds === undefined) return at
    this.rank = this.table.layOut(this.rank, this.end, at, limit, blockEnd, holds)
    return this.table.laidTo
  }

  advance(): boolean {
    if (this.rank >= this.end) return false
    const { view, table, encoder } = this
    const i = this.indexAt(this.rank++)
    view.keyKind = table.keyKindOf(i)
    view.keyStart = table.keyStartOf(i)
    view.keyEnd = view.keyStart + table.keyLengthOf(i)
    view.valueKind = this.encode(i)
    view.valueBytes = encoder.bytes
    view.valueEnd = encoder.length
    return true
  }

  private encode(i: number): number {
    const { encoder, counted, table } = this
    const value = table.valueOf(i)
    switch (this.holds) {
      case 'values':
        return encoder.value(value)
      case 'keys':
        return encoder.value(undefined)
      case 'partial counts':
        return encoder.raw(kind.Partial, counted, 0, encodeCount(counted, 0, value))
      case 'stats': {
        const { count, min, max } = table.statsOf(i)
        return encodePartial(encoder, count, min, max, value)
      }
    }
  }
}
