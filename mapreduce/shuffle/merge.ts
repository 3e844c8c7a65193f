import type { Kernels } from '../kernels/kernels.ts'
import type { RecordStream, RecordView } from '../record/record-stream.ts'
import { RunCursor, type SliceSource } from './run-cursor.ts'

/**
 * Merges sorted slices into one sorted stream with a loser tree (Knuth, TAOCP 3, 5.4.1): one comparison a level and
 * record. Equal keys come out in the order of the slices, so values keep their input order.
 */
export class Merge implements RecordStream {
  private readonly cursors: readonly RunCursor[]
  /** Inner node i holds the loser of the match played there; tree[0] the winner of all. Indices into `cursors`. */
  private readonly tree: Int32Array
  private readonly live: Uint8Array
  private winner: RunCursor
  private started = false

  /** Cursors that have not begun; closed with the merge. */
  constructor(cursors: readonly RunCursor[]) {
    this.cursors = cursors
    this.tree = new Int32Array(Math.max(1, cursors.length)).fill(-1)
    this.live = new Uint8Array(cursors.length)
    const [first] = cursors
    if (first === undefined) throw new TypeError('a merge of no slices')
    this.winner = first
  }

  get view(): RecordView {
    return this.winner.view
  }

  advance(): boolean {
    if (!this.started) return this.start()
    const index = this.tree[0] ?? 0
    if (!this.winner.advance()) this.live[index] = 0
    return this.replay(index)
  }

  close(): void {
    for (const cursor of this.cursors) cursor.close()
  }

  private start(): boolean {
    this.started = true
    this.cursors.forEach((cursor, i) => {
      this.live[i] = cursor.advance() ? 1 : 0
    })
    this.tree[0] = this.play(1)
    return this.settle()
  }

  /** Plays all matches below inner node `node`, leaves losers behind, returns the winner. */
  private play(node: number): number {
    const leaves = this.cursors.length
    if (node >= leaves) return node - leaves
    const left = this.play(node * 2)
    const right = this.play(node * 2 + 1)
    const leftWins = this.before(left, right)
    this.tree[node] = leftWins ? right : left
    return leftWins ? left : right
  }

  private replay(from: number): boolean {
    let winner = from
    for (let node = (from + this.cursors.length) >>> 1; node > 0; node >>>= 1) {
      const rival = this.tree[node] ?? 0
      if (this.before(rival, winner)) {
        this.tree[node] = winner
        winner = rival
      }
    }
    this.tree[0] = winner
    return this.settle()
  }

  private settle(): boolean {
    const winner = this.tree[0] ?? 0
    const cursor = this.cursors[winner]
    if (cursor === undefined || this.live[winner] !== 1) return false
    this.winner = cursor
    return true
  }

  private before(a: number, b: number): boolean {
    if (this.live[a] !== 1) return false
    if (this.live[b] !== 1) return true
    const left = this.cursors[a]
    const right = this.cursors[b]
    if (left === undefined || right === undefined) return false
    if (left.high !== right.high) return left.high < right.high
    if (left.low !== right.low) return left.low < right.low
    const order = compareKeys(left.view, right.view)
    return order !== 0 ? order < 0 : a < b
  }
}

/** A cursor for each slice, with an equal share of `memory`; `unpackBy` as a cursor has it. Throws MR_LOST_RUN when a file is not there. */
export function openCursors(slices: readonly SliceSource[], memory: Buffer, unpackBy?: Kernels): RunCursor[] {
  const share = Math.floor(memory.length / Math.max(1, slices.length))
  const opened: RunCursor[] = []
  try {
    slices.forEach((slice, i) => {
      opened.push(new RunCursor(slice, memory.subarray(i * share, (i + 1) * share), unpackBy))
    })
  } catch (error) {
    for (const cursor of opened) cursor.close()
    throw error
  }
  return opened
}

/** Kinds first, then bytes. */
export function compareKeys(a: RecordView, b: RecordView): number {
  if (a.keyKind !== b.keyKind) return a.keyKind - b.keyKind
  const x = a.keyBytes
  const y = b.keyBytes
  const xEnd = a.keyEnd
  const yEnd = b.keyEnd
  let i = a.keyStart
  let j = b.keyStart
  while (i < xEnd && j < yEnd) {
    const difference = (x[i++] ?? 0) - (y[j++] ?? 0)
    if (difference !== 0) return difference
  }
  return xEnd - i - (yEnd - j)
}
