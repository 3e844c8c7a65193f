import { renameSync, rmSync } from 'node:fs'
import { counter } from '../base/counters.ts'
import { MrError } from '../base/errors.ts'
import type { Arena } from '../kernels/arena.ts'
import { copyRecords } from '../record/record-stream.ts'
import type { BlockPacker } from '../shuffle/block-packer.ts'
import { Concat } from '../shuffle/concat.ts'
import type { FoldTable } from '../shuffle/fold-table.ts'
import { Groups, type GroupsOptions } from '../shuffle/groups.ts'
import { type MergeSpace, withMerged } from '../shuffle/merge-passes.ts'
import { bitsOf, type Partitioner } from '../shuffle/partitioner.ts'
import type { RecordBuffer } from '../shuffle/record-buffer.ts'
import { isAsyncFunction, type ReduceStep, reduceGroups, reduceGroupsNow } from '../shuffle/reduce-groups.ts'
import { RunWriter, type SliceRange } from '../shuffle/run-writer.ts'
import { SortedEntries, type TableHolds } from '../shuffle/sorted-entries.ts'
import { SortedRecords } from '../shuffle/sorted-records.ts'
import type { Spiller } from './collector.ts'

export interface MapSpillerOptions {
  readonly arena: Arena
  readonly partitions: number
  readonly partitioner: Partitioner
  /** False: records stay in the order they came, within their partition. */
  readonly sorted: boolean
  /** The path of the run the task leaves behind; spills stand beside it with a number. */
  readonly outputFile: string
  readonly writeBuffer: Buffer
  readonly packer: BlockPacker | undefined
  /** Combines one sorted partition on its way to disk; undefined for a job without. */
  readonly combine: Omit<ReduceStep, 'sink'> | undefined
  /** What the table's numbers are: values, counts that the reduce takes as unfinished, statistics, or nothing (keys alone). */
  readonly tableHolds: TableHolds
  readonly count: (name: string, by: number) => void
  readonly beat: () => void
  readonly checked: boolean
}

interface SpilledRun {
  readonly file: string
  readonly slices: readonly SliceRange[]
}

/**
 * Writes a map task's sorted runs, and at the end leaves exactly one with an index by partition. The table and the
 * record buffer spill into runs of their own; they meet in the merge.
 */
export class MapSpiller implements Spiller {
  private readonly options: MapSpillerOptions
  /** Combiners see whole keys as groups. */
  private readonly grouping: GroupsOptions
  private readonly runs: SpilledRun[] = []
  private readonly combineNow: Omit<ReduceStep, 'sink'> | undefined
  private passes = 0
  /** Why a run could not be written. User code may catch it around `emit`; the task fails all the same. */
  private failure: unknown

  constructor(options: MapSpillerOptions) {
    this.options = options
    this.grouping = { groupBy: 0, beat: options.beat, checked: options.checked }
    // A spill happens inside `emit`, where nothing can be waited for; async combiners run when spills are merged.
    this.combineNow = isAsyncFunction(options.combine?.reduce) ? undefined : options.combine
  }

  spill(table: FoldTable | undefined, buffer: RecordBuffer): void {
    if (table !== undefined && table.count > 0) {
      this.writeRun((writer) => this.writeTable(table, writer))
      table.clear()
    }
    if (!buffer.empty) {
      this.writeRun((writer) => this.writeBuffer(buffer, writer))
      buffer.clear()
    }
  }

  spillOne(...record: Parameters<Spiller['spillOne']>): void {
    const [key, keyKind, keyStart, keyEnd, value, valueKind, valueStart, valueEnd, partition] = record
    this.writeRun((writer) => {
      const slices: SliceRange[] = []
      for (let p = 0; p < this.options.partitions; p++) {
        if (p === partition) writer.write(key, keyKind, keyStart, keyEnd, value, valueKind, valueStart, valueEnd)
        slices.push(writer.endSlice())
      }
      return slices
    })
  }

  /** Leaves the task's one run behind; `space.memory` may be the memory of the table and buffer, which are empty now. */
  async finish(space: MergeSpace): Promise<readonly SliceRange[]> {
    if (this.failure !== undefined) throw this.failure
    const { outputFile } = this.options
    const [only] = this.runs
    if (only === undefined) {
      this.writeRun((writer) => Array.from({ length: this.options.partitions }, () => writer.endSlice()))
      return await this.finish(space)
    }
    if (this.runs.length === 1 && this.combineNow === this.options.combine) {
      renameSync(only.file, outputFile)
      return only.slices
    }
    const slices = await this.mergeRuns(outputFile, space)
    for (const { file } of this.runs) rmSync(file)
    return slices
  }

  /** Removes every spill, after a failure. */
  abandon(): void {
    for (const { file } of this.runs) rmSync(file, { force: true })
  }

  private async mergeRuns(outputFile: string, space: MergeSpace): Promise<readonly SliceRange[]> {
    const writer = new RunWriter(outputFile, this.options.writeBuffer, this.options.packer)
    const slices: SliceRange[] = []
    try {
      for (let p = 0; p < this.options.partitions; p++) {
        const sources = this.runs.flatMap(({ file, slices: of }) => {
          const slice = of[p]
          return slice === undefined || slice.records === 0 ? [] : [{ file, ...slice, mapTask: -1 }]
        })
        if (!this.options.sorted) {
          const stream = new Concat(sources, space.memory)
          try {
            copyRecords(stream, writer, space.beat)
          } finally {
            stream.close()
          }
        } else if (sources.length > 0) {
          await withMerged(sources, space, async (merge) => {
            const { combine } = this.options
            if (combine === undefined) copyRecords(merge, writer, space.beat)
            else {
              const groups = new Groups(merge, this.grouping)
              await reduceGroups(groups, () => merge.view, { ...combine, sink: writer })
              this.options.count(counter.combineInputRecords, groups.records)
            }
          })
        }
        slices.push(writer.endSlice())
      }
      if (this.options.combine !== undefined) this.options.count(counter.combineOutputRecords, writer.records)
    } catch (error) {
      writer.abandon()
      throw error
    }
    writer.close()
    this.options.count(counter.mergePasses, 1)
    return slices
  }

  private writeRun(write: (writer: RunWriter) => readonly SliceRange[]): void {
    if (this.failure !== undefined) throw this.failure
    try {
      this.tryWriteRun(write)
    } catch (error) {
      this.failure = error
      throw error
    }
  }

  private tryWriteRun(write: (writer: RunWriter) => readonly SliceRange[]): void {
    const file = `${this.options.outputFile}.spill-${this.passes++}`
    const writer = new RunWriter(file, this.options.writeBuffer, this.options.packer)
    // Noted before it is written, so that a failure half way leaves nothing behind.
    const run = { file, slices: [] as readonly SliceRange[] }
    this.runs.push(run)
    try {
      run.slices = write(writer)
    } catch (error) {
      writer.abandon()
      throw error
    }
    const bytes = writer.close()
    this.options.count(counter.spills, 1)
    this.options.count(counter.spilledRecords, writer.records)
    this.options.count(counter.spilledBytes, bytes)
  }

  private writeTable(table: FoldTable, writer: RunWriter): readonly SliceRange[] {
    const { partitions, partitioner, tableHolds } = this.options
    const partitionAt = partitioner.byHash ? undefined : this.partitionIn(table)
    const indexAt = table.sort(partitions, partitionAt)
    const sizes = partitionAt === undefined ? table.counts(partitions) : this.sizes(table.count, indexAt, partitionAt)
    const slices: SliceRange[] = []
    let rank = 0
    for (const entries of sizes) {
      writer.writeSorted(new SortedEntries(table, indexAt, rank, rank + entries, tableHolds), this.options.beat)
      rank += entries
      slices.push(writer.endSlice())
    }
    this.options.count(counter.combineOutputRecords, table.count)
    return slices
  }

  private partitionIn(table: FoldTable): (i: number) => number {
    const { partitioner } = this.options
    return (i) => {
      const start = table.keyStartOf(i)
      return partitioner.of(table.bytes, table.keyKindOf(i), start, start + table.keyLengthOf(i))
    }
  }

  /** Records of each partition, in the order they were sorted to; throws when the partitioner now says something else. */
  private sizes(count: number, indexAt: (rank: number) => number, partitionAt: (i: number) => number): Uint32Array {
    const sizes = new Uint32Array(this.options.partitions)
    for (let rank = 0, last = 0; rank < count; rank++) {
      const partition = partitionAt(indexAt(rank))
      if (partition < last) throw fickle()
      last = partition
      sizes[partition] = (sizes[partition] ?? 0) + 1
    }
    return sizes
  }

  private writeBuffer(buffer: RecordBuffer, writer: RunWriter): readonly SliceRange[] {
    const { partitions } = this.options
    const indexAt = this.options.sorted ? buffer.sort(bitsOf(partitions)) : buffer.group(partitions)
    const slices: SliceRange[] = []
    let rank = 0
    for (const records of buffer.counts(partitions)) {
      this.writeSorted(new SortedRecords(buffer, indexAt, rank, rank + records), writer)
      rank += records
      slices.push(writer.endSlice())
    }
    if (this.combineNow !== undefined) {
      this.options.count(counter.combineInputRecords, buffer.count)
      this.options.count(counter.combineOutputRecords, writer.records)
    }
    return slices
  }

  private writeSorted(sorted: SortedRecords, writer: RunWriter): void {
    if (this.combineNow === undefined) writer.writeSorted(sorted, this.options.beat)
    else
      reduceGroupsNow(new Groups(sorted, this.grouping), () => sorted.view, {
        ...this.combineNow,
        sink: writer,
      })
  }
}

/** Records sorted by one answer and written by another would be lost among the partitions. */
function fickle(): MrError {
  return new MrError(
    'MR_USER_CODE',
    'partition gave one key two different partitions; its answer must depend on nothing but the key',
  )
}
