import type { Arena } from '../kernels/arena.ts'
import type { MergeKernels } from '../kernels/kernels.ts'
import { MERGE_BYTES, MERGE_CURSOR_BYTES, mergeCursor, mergeState, mergeStatus, TEXT_BYTES } from '../kernels/layout.ts'
import { kind, metaKind, metaLength } from '../record/kind.ts'
import { emptyView, type RecordStream, type RecordView, type TextBatch } from '../record/record-stream.ts'
import { Merge } from './merge.ts'
import type { RunCursor } from './run-cursor.ts'

/** Records a kernel finds at a time; mostly a block's end comes first. */
const BATCH_MAX = 1024

/** What a merge keeps beside its cursors' buffers. */
export const mergeBytes = (cursors: number): number =>
  MERGE_BYTES + cursors * (MERGE_CURSOR_BYTES + 4) + 64 + BATCH_MAX * TEXT_BYTES

/**
 * The merge of merge.ts by kernels, some hundred records at a time, for cursors whose buffers lie in the arena. A block that
 * is too large for its cursor's share lies elsewhere: from there on it is merged record by record.
 */
export class KernelMerge implements RecordStream, TextBatch {
  private readonly kernels: MergeKernels
  private readonly u32: Uint32Array
  private readonly cursors: readonly RunCursor[]
  private readonly own: RecordView
  private readonly state: number
  private readonly cursorsAt: number
  private readonly batchAt: number
  /** Of the batch: those handed out, and all. */
  private next = 0
  private found = 0
  private rest: Merge | undefined
  private started = false

  /** `at`: `mergeBytes` of the arena that are free until the merge is closed. The cursors have not begun, and are closed with it. */
  constructor(cursors: readonly RunCursor[], arena: Arena, kernels: MergeKernels, at: number) {
    this.cursors = cursors
    this.kernels = kernels
    this.u32 = arena.u32
    this.own = { ...emptyView(), keyBytes: arena.bytes, valueBytes: arena.bytes }
    this.state = Math.ceil(at / 64) * 64
    this.cursorsAt = this.state + MERGE_BYTES
    const treeAt = this.cursorsAt + cursors.length * MERGE_CURSOR_BYTES
    this.batchAt = Math.ceil((treeAt + cursors.length * 4) / 16) * 16
    const word = this.state >>> 2
    this.u32[word + mergeState.cursors] = this.cursorsAt
    this.u32[word + mergeState.tree] = treeAt
    this.u32[word + mergeState.cursorCount] = cursors.length
    this.u32[word + mergeState.status] = mergeStatus.more
  }

  get view(): RecordView {
    return this.rest?.view ?? this.own
  }

  advance(): boolean {
    if (this.rest !== undefined) return this.rest.advance()
    if (this.next === this.found && !this.fill()) return this.advanceRest()
    const { u32, own } = this
    const at = (this.batchAt + this.next++ * TEXT_BYTES) >>> 2
    const key = u32[at] ?? 0
    const meta = u32[at + 1] ?? 0
    const value = u32[at + 2] ?? 0
    const valueMeta = u32[at + 3] ?? 0
    own.keyKind = metaKind(meta)
    own.keyStart = key
    own.keyEnd = key + metaLength(meta)
    own.valueKind = metaKind(valueMeta)
    own.valueStart = value
    own.valueEnd = value + metaLength(valueMeta)
    return true
  }

  /**
   * Offers the next records of the batch to `take`, which says how far it came. False when there are none to offer: what is
   * left, if anything, comes by `advance`.
   */
  offer(take: (from: number, to: number) => number): boolean {
    if (this.rest !== undefined || (this.next === this.found && !this.fill())) return false
    this.next = take(this.next, this.found)
    return true
  }

  lay(from: number, to: number, out: number, limit: number, keys: boolean): number {
    return this.kernels.lay(this.batchAt, from, to, out, limit, kind.Text, keys, this.state + mergeState.laidTo * 4)
  }

  get laidTo(): number {
    return this.stateWord(mergeState.laidTo)
  }

  get noRoom(): boolean {
    return this.stateWord(mergeState.noRoom) === 1
  }

  close(): void {
    for (const cursor of this.cursors) cursor.close()
  }

  private advanceRest(): boolean {
    return this.rest?.advance() ?? false
  }

  /** Finds more records; false at the end, or when the rest is to be merged record by record. */
  private fill(): boolean {
    const { kernels, state } = this
    if (!this.started && !this.start()) return false
    for (;;) {
      switch (this.stateWord(mergeState.status)) {
        case mergeStatus.over:
          return false
        case mergeStatus.damaged:
          throw this.wanted().damaged()
        case mergeStatus.block:
          if (!this.renew(this.stateWord(mergeState.wants))) return false
          if (kernels.resume(state) === mergeStatus.damaged) throw this.wanted().damaged()
      }
      this.next = 0
      this.found = kernels.merge(state, this.batchAt, BATCH_MAX)
      if (this.found > 0) return true
    }
  }

  private start(): boolean {
    this.started = true
    for (const i of this.cursors.keys()) if (!this.renew(i)) return false
    if (this.kernels.start(this.state) === mergeStatus.damaged) throw this.wanted().damaged()
    return true
  }

  /** Brings the next block of a cursor; false when that does not lie in the arena. */
  private renew(i: number): boolean {
    const cursor = this.cursors[i]
    if (cursor === undefined) throw new TypeError(`a merge has no cursor ${i}`)
    const word = (this.cursorsAt + i * MERGE_CURSOR_BYTES) >>> 2
    cursor.moveTo(cursor.recordsEnd)
    const live = cursor.nextBlock()
    this.u32[word + mergeCursor.live / 4] = live ? 1 : 0
    if (live && !cursor.near) {
      this.mergeRest(i)
      return false
    }
    this.u32[word + mergeCursor.at / 4] = cursor.nextRecord
    this.u32[word + mergeCursor.record / 4] = cursor.nextRecord
    this.u32[word + mergeCursor.end / 4] = cursor.recordsEnd
    return true
  }

  /** The other cursors go back to the records they stand on. */
  private mergeRest(renewed: number): void {
    this.cursors.forEach((cursor, i) => {
      const word = (this.cursorsAt + i * MERGE_CURSOR_BYTES) >>> 2
      const begun = this.stateWord(mergeState.status) !== mergeStatus.more || i < renewed
      if (i === renewed || !begun) return
      const live = this.u32[word + mergeCursor.live / 4] === 1
      cursor.moveTo(live ? (this.u32[word + mergeCursor.record / 4] ?? 0) : cursor.recordsEnd)
    })
    this.rest = new Merge(this.cursors)
  }

  private wanted(): RunCursor {
    const cursor = this.cursors[this.stateWord(mergeState.wants)]
    if (cursor === undefined) throw new TypeError('a merge wants no cursor')
    return cursor
  }

  private stateWord(field: number): number {
    return this.u32[(this.state >>> 2) + field] ?? 0
  }
}
